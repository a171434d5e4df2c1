{"vmtrace":1}
{"object":9223372036854775807,"path":"/a"}
{"object":2,"path":"/a"}
{"object":1,"path":"/b"}
{"object":2,"path":"/c"}
