"""How long records with personal data are kept, and their removal when the term is over."""
