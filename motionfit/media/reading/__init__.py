"""Inside the readers: containers, time stamps, pictures, and clips out of a stream of frames."""
