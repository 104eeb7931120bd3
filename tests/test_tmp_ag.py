from pathlib import Path
import pytest
from cypher_agreement import differences, loaded, random_learners
DATA=Path("/work/shared/data")
def test_it(home,connection):
    import time
    t=time.time(); s=loaded(home,connection,[DATA/"cyber-workforce"]); print("loaded",time.time()-t,flush=True)
    for k in range(4):
        t=time.time(); d=differences(s,connection,random_learners(s,15,k)); print(k,time.time()-t,d[:5],flush=True)
        assert not d
