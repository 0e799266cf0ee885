/* A library to preload that does nothing: what any library costs. */
int empty_preload(void);

__attribute__((visibility("default"))) int empty_preload(void)
{
	return 0;
}
