"""What a report concludes: rules as data, the facts they may use, and the sentences they make, each with its evidence (PR-46)."""
