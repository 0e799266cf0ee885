/* Leaves its sockets to a library that it is linked with. */
int connects(void);

int main(void)
{
	return connects();
}
