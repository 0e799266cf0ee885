/* Has nothing to do with sockets. */
int main(void)
{
	return 0;
}
