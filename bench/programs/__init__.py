"""What is measured beside the tap and the target: small programs, each a process of its own."""
