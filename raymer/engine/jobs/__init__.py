"""Jobs on a Ray cluster: what one takes along, and sending, following and stopping it."""
