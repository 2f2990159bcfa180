"""One method of training an encoder a file."""
