"""How people come in: password, second factor, passkey, sessions. The library does the cryptography."""
