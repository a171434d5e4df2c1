{"vmtrace":1,"tool":"0.1.0","valgrind":"3.19.0","pid":100,"command":["x"],"exe":"/usr/bin/x","cwd":"/","events":["Ir","Dr","Dw","Flt","MinFlt","MajFlt","ZeroWr","SwapIn","Evict","Refault","SwapOut","Thrash","RssPages"],"settings":{"ram":409600,"swap":null,"reclaim":"linux","swap-latency":50}}
{"area":1,"name":"[heap]","kind":"heap"}
{"charge":[0,1,1],"events":{"SwapIn":80,"Evict":90,"Refault":80,"Thrash":70}}
{"evicted_of":[[0,1,1,60],[0,0,2,10]]}
{"evicted_of":[[0,1,1,20]]}
{"timeline":{"instrs_per_sample":1000,"columns":["instrs","RssPages","RssPagesMax","MinFlt","MajFlt","Evict","Refault","SwapIn","SwapOut","Thrash"],"samples":[[1000,90,90,99,0,0,0,0,0,0],[2000,100,100,99,40,40,40,40,9,35],[3000,100,100,99,80,90,80,80,9,70],[4000,100,100,99,80,90,80,80,9,70]]}}
{"oom":{"instrs":3500,"stack":0,"area":1,"thread":1,"event":1,"resident_pages":100,"table_pages":3,"swap_used_pages":9,"of":[[0,1,1,90],[0,0,2,10]]}}
