"""The papers that results cite: BibTeX entries."""

from __future__ import annotations

__all__ = [
    "DU_HU",
    "ESSEEN",
    "GIL_PELAEZ",
    "GOLDIE",
    "GURBUZBALABAN_HU",
    "HE",
    "HORII_HAS",
    "HU_XIAO_PENNINGTON",
    "JEFFREYS",
    "KESTEN",
    "LECUN",
    "LIU_ZIYIN_UEDA",
    "MANDT_HOFFMAN_BLEI",
    "NOCI",
    "QI_LUO",
    "SAXE_MCCLELLAND_GANGULI",
    "SHAMIR",
    "SUSSILLO_ABBOTT",
]

GURBUZBALABAN_HU = """\
@inproceedings{gurbuzbalaban2021fractional,
  author    = {G{\\"u}rb{\\"u}zbalaban, Mert and Hu, Yuanhan},
  title     = {Fractional moment-preserving initialization schemes for training deep neural networks},
  booktitle = {Proceedings of The 24th International Conference on Artificial Intelligence and Statistics},
  series    = {Proceedings of Machine Learning Research},
  volume    = {130},
  pages     = {2233--2241},
  year      = {2021},
  publisher = {PMLR},
  note      = {arXiv:2005.11878v5}
}"""

HE = """\
@inproceedings{he2015delving,
  author    = {He, Kaiming and Zhang, Xiangyu and Ren, Shaoqing and Sun, Jian},
  title     = {Delving Deep into Rectifiers: Surpassing Human-Level Performance on {ImageNet} Classification},
  booktitle = {IEEE International Conference on Computer Vision},
  pages     = {1026--1034},
  year      = {2015},
  note      = {arXiv:1502.01852}
}"""

LECUN = """\
@incollection{lecun1998efficient,
  author    = {LeCun, Yann and Bottou, L{\\'e}on and Orr, Genevieve B. and M{\\"u}ller, Klaus-Robert},
  title     = {Efficient BackProp},
  booktitle = {Neural Networks: Tricks of the Trade},
  series    = {Lecture Notes in Computer Science},
  volume    = {1524},
  pages     = {9--50},
  year      = {1998},
  publisher = {Springer}
}"""

SUSSILLO_ABBOTT = """\
@misc{sussillo2014random,
  author        = {Sussillo, David and Abbott, L. F.},
  title         = {Random Walk Initialization for Training Very Deep Feedforward Networks},
  year          = {2014},
  eprint        = {1412.6558},
  archiveprefix = {arXiv}
}"""

NOCI = """\
@inproceedings{noci2021precise,
  author    = {Noci, Lorenzo and Bachmann, Gregor and Roth, Kevin and Nowozin, Sebastian and Hofmann, Thomas},
  title     = {Precise characterization of the prior predictive distribution of deep {ReLU} networks},
  booktitle = {Advances in Neural Information Processing Systems},
  volume    = {34},
  year      = {2021},
  note      = {arXiv:2106.06615}
}"""

GIL_PELAEZ = """\
@article{gilpelaez1951note,
  author  = {Gil-Pelaez, J.},
  title   = {Note on the inversion theorem},
  journal = {Biometrika},
  volume  = {38},
  number  = {3-4},
  pages   = {481--482},
  year    = {1951}
}"""

ESSEEN = """\
@article{esseen1945fourier,
  author  = {Esseen, Carl-Gustav},
  title   = {Fourier analysis of distribution functions. A mathematical study of the {Laplace-Gaussian} law},
  journal = {Acta Mathematica},
  volume  = {77},
  pages   = {1--125},
  year    = {1945}
}"""

KESTEN = """\
@article{kesten1973random,
  author  = {Kesten, Harry},
  title   = {Random difference equations and renewal theory for products of random matrices},
  journal = {Acta Mathematica},
  volume  = {131},
  pages   = {207--248},
  year    = {1973}
}"""

GOLDIE = """\
@article{goldie1991implicit,
  author  = {Goldie, Charles M.},
  title   = {Implicit renewal theory and tails of solutions of random equations},
  journal = {The Annals of Applied Probability},
  volume  = {1},
  number  = {1},
  pages   = {126--166},
  year    = {1991}
}"""

HORII_HAS = """\
@misc{horii2025optimal,
  author        = {Horii, Hiroshi and Has, Sothea},
  title         = {Optimal Condition for Initialization Variance in Deep Neural Networks: An {SGD} Dynamics
                   Perspective},
  year          = {2025},
  eprint        = {2508.12834v1},
  archiveprefix = {arXiv}
}
@article{horii2026optimal,
  author  = {Horii, Hiroshi and Has, Sothea},
  title   = {Optimal Initialization Scale for Neural Networks with Locally Quadratic Loss Landscapes: An {SGD} Dynamics
             Perspective},
  journal = {IEEE Transactions on Neural Networks and Learning Systems},
  year    = {2026},
  doi     = {10.1109/TNNLS.2026.3721153}
}"""

MANDT_HOFFMAN_BLEI = """\
@article{mandt2017stochastic,
  author  = {Mandt, Stephan and Hoffman, Matthew D. and Blei, David M.},
  title   = {Stochastic Gradient Descent as Approximate {Bayesian} Inference},
  journal = {Journal of Machine Learning Research},
  volume  = {18},
  number  = {134},
  pages   = {1--35},
  year    = {2017}
}"""

LIU_ZIYIN_UEDA = """\
@inproceedings{liu2021noise,
  author    = {Liu, Kangqiao and Ziyin, Liu and Ueda, Masahito},
  title     = {Noise and Fluctuation of Finite Learning Rate Stochastic Gradient Descent},
  booktitle = {Proceedings of the 38th International Conference on Machine Learning},
  series    = {Proceedings of Machine Learning Research},
  volume    = {139},
  year      = {2021},
  publisher = {PMLR},
  note      = {arXiv:2012.03636v4}
}"""

JEFFREYS = """\
@article{jeffreys1946invariant,
  author  = {Jeffreys, Harold},
  title   = {An invariant form for the prior probability in estimation problems},
  journal = {Proceedings of the Royal Society of London. Series A},
  volume  = {186},
  number  = {1007},
  pages   = {453--461},
  year    = {1946}
}"""

HU_XIAO_PENNINGTON = """\
@inproceedings{hu2020provable,
  author    = {Hu, Wei and Xiao, Lechao and Pennington, Jeffrey},
  title     = {Provable Benefit of Orthogonal Initialization in Optimizing Deep Linear Networks},
  booktitle = {International Conference on Learning Representations},
  year      = {2020},
  note      = {arXiv:2001.05992}
}"""

DU_HU = """\
@inproceedings{du2019width,
  author    = {Du, Simon S. and Hu, Wei},
  title     = {Width Provably Matters in Optimization for Deep Linear Neural Networks},
  booktitle = {Proceedings of the 36th International Conference on Machine Learning},
  series    = {Proceedings of Machine Learning Research},
  volume    = {97},
  pages     = {1655--1664},
  year      = {2019},
  publisher = {PMLR},
  note      = {arXiv:1901.08572}
}"""

SHAMIR = """\
@misc{shamir2018exponential,
  author        = {Shamir, Ohad},
  title         = {Exponential Convergence Time of Gradient Descent for One-Dimensional Deep Linear Neural Networks},
  year          = {2018},
  eprint        = {1809.08587},
  archiveprefix = {arXiv},
  note          = {Conference on Learning Theory 2019, pages 2691--2713}
}"""

SAXE_MCCLELLAND_GANGULI = """\
@inproceedings{saxe2014exact,
  author    = {Saxe, Andrew M. and McClelland, James L. and Ganguli, Surya},
  title     = {Exact solutions to the nonlinear dynamics of learning in deep linear neural networks},
  booktitle = {International Conference on Learning Representations},
  year      = {2014},
  note      = {arXiv:1312.6120}
}"""

QI_LUO = """\
@article{qi2012bounds,
  author  = {Qi, Feng and Luo, Qiu-Ming},
  title   = {Bounds for the ratio of two gamma functions---From {Wendel's} and related inequalities to logarithmically
             completely monotonic functions},
  journal = {Banach Journal of Mathematical Analysis},
  volume  = {6},
  number  = {2},
  pages   = {132--158},
  year    = {2012}
}"""
