// Prints data/common_passwords.txt: of @zxcvbn-ts/language-common's passwords those that some policy would let pass by their length
// (8 at least, src/identity/password.h), lower case, sorted.
import { dictionary } from '@zxcvbn-ts/language-common';

const passwords = new Set(dictionary['passwords-common'].map((one) => one.toLowerCase()).filter((one) => /^[!-~]{8,}$/.test(one)));
process.stdout.write([...passwords].sort().map((one) => `${one}\n`).join(''));
