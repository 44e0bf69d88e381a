"""What is served below ``/resto/api``: one module for each family of methods."""
