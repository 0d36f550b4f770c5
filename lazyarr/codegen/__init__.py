"""From a plan's stages to CUDA C++: text in, text out; nothing here touches a GPU."""
