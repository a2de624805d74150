"""The meeting: each claim as closed form x derivation x enclosure x simulation, judged into a ledger."""
