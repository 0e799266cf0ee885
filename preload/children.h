#pragma once

/* TCPWRIGHT_CHILDREN=strip: programs that this one starts later find no trace of us. */
void children_strip(void);
