"""The faces of the product: the Streamlit page and the `motionfit` command."""
