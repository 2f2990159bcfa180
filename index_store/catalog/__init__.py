"""The SQL catalog: one repository a file, all transactions short and complete."""
