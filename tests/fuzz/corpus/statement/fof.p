fof(a,axiom,(! [X,Y] : ( p(X,Y) <=> ~ q(f(X)) | Y = c ))).
fof(c,conjecture,? [Z] : ( r(Z) & s & t ),file(x)).
