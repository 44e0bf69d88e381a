"""Reports: the request, and the SQL engine that answers it."""
