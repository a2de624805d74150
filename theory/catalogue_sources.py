"""The papers that results cite: BibTeX entries."""

from __future__ import annotations

__all__ = ["GURBUZBALABAN_HU", "HE", "LECUN"]

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
