/* Faults, to be selected by NAIVE_FAULT. */
extern const int naive_has_no_faults_yet;
const int naive_has_no_faults_yet = 1;
