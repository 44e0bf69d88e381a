"""Singer tap for iiko (Syrve)."""
