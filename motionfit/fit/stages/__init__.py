"""One stage of a training at a time, for those who want to look at what is between them."""
