"""Making the flow of many videos: files in, a flow cache out, safe to stop and to repeat."""
