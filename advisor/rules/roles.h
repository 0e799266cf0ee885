#pragma once

struct model;

/*
 * The role that the evidence speaks for: two independent signs, else general. Texts are cut to fit.
 */
struct role_guess {
	char name[64];
	char why[512];
};

void roles_guess(const struct model *model, struct role_guess *ret_guess);
