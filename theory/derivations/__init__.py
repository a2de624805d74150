"""Machine-checked derivations: a SymPy step engine with an Arb evaluator, one module per subject."""
