-- The accounts that still have a hash of bcrypt (features/auth/auth_sign_in.c asks at each failed sign-in whether there is one).
CREATE INDEX users_imported ON users (password_hash) WHERE substr(password_hash, 2, 1) = '2';
