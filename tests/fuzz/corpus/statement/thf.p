thf(t,type,f: $i > $o). thf(c,conjecture,( ^ [Z: $i] : ( f @ Z ) ) = f).
tff(n,axiom,$less(1.5,X)). include('A.ax').
