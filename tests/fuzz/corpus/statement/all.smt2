(set-logic ALL)
(declare-fun |a b| () Int) ; c
(assert (forall ((x Int) (y Int)) (! (=> (< x y) (let ((z (+ x 1))) (<= z |a b|))) :pattern ((f x)))))
(assert (= ((_ extract 7 0) v) #x00 "s""t"))
(check-sat)
