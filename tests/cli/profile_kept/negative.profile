{"vmtrace":1,"events":["Flt","Flt"]}
{"charge":[0,0,1],"events":{"ZeroWr":-9,"Flt":3}}
{"exec":[[1]]}
