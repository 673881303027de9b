/* Commands about people, organizations and keys: for whoever may run the program on the installation's database. */
#ifndef TENON_APP_PEOPLE_H
#define TENON_APP_PEOPLE_H

#include "app/app.h"

#define USER_USAGE "user create|list|activate|deactivate|delete|grant-admin|revoke-admin …"
#define ORG_USAGE "org list|delete …"
#define KEY_USAGE "key list|revoke …"

/* What --help says besides. */
extern const char user_help[], org_help[], key_help[];

CHECKED enum result run_user(struct call *call, struct app *app, int argc, char **argv);
CHECKED enum result run_org(struct call *call, struct app *app, int argc, char **argv);
CHECKED enum result run_key(struct call *call, struct app *app, int argc, char **argv);

/* Where nobody has an account yet, says on the terminal how the first administrator is made. */
void show_setup_link(struct app *app);

#endif
