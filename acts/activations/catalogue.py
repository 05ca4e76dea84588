"""The catalogue: every activation function of the review, one entry each, as its primary paper defines it.

An entry is a decorator (formula, paper, names, parameters, promises) over the accurate body; the docstring says the
fact that is easily missed. Bodies see float64 tensors and are written with the blocks of ``stable``; ``kernel`` is
the fast path. A case boundary belongs to the side to which ``torch.nn.functional`` gives the slope.
"""

from collections.abc import Callable
from math import pi, sqrt
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from acts.activations import stable
from acts.activations.registry import register

Value = float | Tensor


def native(function: Callable[..., Tensor]) -> Callable[..., Any]:
    """Return torch's own function as a kernel that declines tensor parameters, which it could not differentiate."""

    def fast(x: Tensor, **values: Value) -> Any:
        if any(isinstance(value, Tensor) for value in values.values()):
            return NotImplemented
        return function(x, *values.values())

    return fast


# control


@register(
    "x",
    "Widrow & Hoff 1960, Adaptive switching circuits, IRE WESCON Convention Record 4:96-104",
    family="control", label="identity", aliases=("linear",), monotone=True, odd=True, bounded=False,
)  # fmt: skip
def identity(x: Tensor) -> Tensor:
    """The linear unit: no activation at all, the control that every other entry is measured against."""
    return x


# sigmoidal


@register(
    "1/(1 + exp(-x))",
    "Rumelhart, Hinton & Williams 1986, Learning representations by back-propagating errors, Nature 323:533-536",
    family="sigmoidal", label="sigmoid", aliases=("logistic",), kernel=torch.sigmoid, monotone=True, odd=False,
    bounded=True, nonnegative=True,
)  # fmt: skip
def sigmoid(x: Tensor) -> Tensor:
    """The slope s(x)(1 − s(x)) is exactly 0 in float64 from x = 37 on when computed as written; s(x)s(−x) is not."""
    return stable.sigmoid(x)


@register(
    "tanh(x)",
    "Kalman & Kwasny 1992, Why tanh: choosing a sigmoidal function, IJCNN 4:578-581",
    family="sigmoidal", label="tanh", kernel=torch.tanh, monotone=True, odd=True, bounded=True,
)  # fmt: skip
def tanh(x: Tensor) -> Tensor:
    """Equal to 2σ(2x) − 1; its slope 1 − t² rounds to 0 long before 4e/(1 + e)² does."""
    return stable.tanh(x)


@register(
    "x/(1 + Abs(x))",
    "Turian, Bergstra & Bengio 2009, Quadratic features and deep architectures for chunking, NAACL HLT 245-248",
    family="sigmoidal", label="softsign", kernel=F.softsign, monotone=True, odd=True, bounded=True,
)  # fmt: skip
def softsign(x: Tensor) -> Tensor:
    """Reaches its ends only as 1 − 1/x; inf/inf is avoided by dividing by |x| first."""

    def far(u: Tensor) -> Tensor:
        return torch.sign(u) / (1 + 1 / torch.abs(u))

    return stable.either(torch.abs(x) > 1, yes=far, no=lambda u: u / (1 + torch.abs(u)), x=x, rest=1.0)


@register(
    "1.7159*tanh(2*x/3)",
    "LeCun, Bottou, Orr & Müller 1998, Efficient BackProp, Neural Networks: Tricks of the Trade",
    family="sigmoidal", label="LeCun tanh", kernel=lambda x: 1.7159 * torch.tanh(x * (2 / 3)), monotone=True, odd=True,
    bounded=True,
)  # fmt: skip
def lecun_tanh(x: Tensor) -> Tensor:
    """Scaled so that ±1 maps to about ±1, where the second derivative is largest."""
    return 1.7159 * stable.tanh(2 * x / 3)


@register(
    "Piecewise((tanh(x), x > 0), (alpha*tanh(x), True))",
    "Xu, Huang & Li 2016, Revise saturated activation functions, arXiv:1602.05980",
    family="sigmoidal", label="penalized tanh", alpha=0.25,
    kernel=lambda x, alpha: torch.tanh(x) * torch.where(x > 0, 1.0, alpha).to(x.dtype), monotone=True, bounded=True,
)  # fmt: skip
def penalized_tanh(x: Tensor, alpha: Value) -> Tensor:
    """The penalty is on the negative side, as leaky ReLU's is: tanh(x) above 0, a·tanh(x) below."""
    bent = stable.tanh(x)
    return torch.where(x > 0, bent, alpha * bent)


@register(
    "-log(1 + exp(-x))",
    "Collobert, Kavukcuoglu & Farabet 2011, Torch7: a Matlab-like environment for machine learning, BigLearn, NIPS "
    "Workshop",
    family="sigmoidal", label="log-sigmoid", aliases=("log_sigmoid",), kernel=F.logsigmoid, monotone=True,
    bounded=False, nonnegative=False,
)  # fmt: skip
def logsigmoid(x: Tensor) -> Tensor:
    """The logarithm of the logistic function without taking it: −softplus(−x)."""
    return -stable.softplus(-x)


@register(
    "x - tanh(x)",
    "Collobert, Kavukcuoglu & Farabet 2011, Torch7: a Matlab-like environment for machine learning, BigLearn, NIPS "
    "Workshop",
    family="shrinkage", label="tanhshrink", aliases=("tanh_shrink",), kernel=F.tanhshrink, monotone=True, odd=True,
    bounded=False,
)  # fmt: skip
def tanhshrink(x: Tensor) -> Tensor:
    """Of third order at 0, where its slope is 0: x³/3, which the written difference cannot show."""
    return stable.tanh_remainder(x)


@register(
    "exp(x1)/(exp(x1) + exp(x2) + exp(x3))",
    "Bridle 1990, Probabilistic interpretation of feedforward classification network outputs, with relationships to "
    "statistical pattern recognition, Neurocomputing, NATO ASI F68:227-236",
    family="sigmoidal", label="softmax", elementwise=False, inputs=("x1", "x2", "x3"),
    kernel=lambda x: torch.softmax(x, dim=-1), bounded=True, nonnegative=True,
)  # fmt: skip
def softmax(x: Tensor) -> Tensor:
    """Acts on the last dimension together; the formula shows the first of three outputs."""
    return torch.softmax(x, dim=-1)


# rectifiers


@register(
    "Piecewise((x, x > 0), (0, True))",
    "Nair & Hinton 2010, Rectified linear units improve restricted Boltzmann machines, ICML",
    family="rectifier", label="ReLU", kernel=torch.relu, monotone=True, bounded=False, nonnegative=True,
)  # fmt: skip
def relu(x: Tensor) -> Tensor:
    """The slope at 0 is 0: the boundary belongs to the flat side."""
    return torch.relu(x)


@register(
    "Piecewise((x, x > 0), (alpha*x, True))",
    "Maas, Hannun & Ng 2013, Rectifier nonlinearities improve neural network acoustic models, ICML Workshop on Deep "
    "Learning for Audio, Speech and Language Processing",
    family="rectifier", label="Leaky ReLU", alpha=0.01, kernel=native(F.leaky_relu), monotone=True, bounded=False,
)  # fmt: skip
def leaky_relu(x: Tensor, alpha: Value) -> Tensor:
    """The slope at 0 is alpha, torch's negative_slope."""
    return torch.where(x > 0, x, alpha * x)


@register(
    "Piecewise((x, x > 0), (alpha*x, True))",
    "He, Zhang, Ren & Sun 2015, Delving deep into rectifiers: surpassing human-level performance on ImageNet "
    "classification, ICCV, arXiv:1502.01852",
    family="rectifier", label="PReLU", alpha=0.25, learn=("alpha",), kernel=native(F.leaky_relu), monotone=True,
    bounded=False,
)  # fmt: skip
def prelu(x: Tensor, alpha: Value) -> Tensor:
    """Leaky ReLU whose slope is learnt, from 1/4; without weight decay, which would pull it towards ReLU."""
    return torch.where(x > 0, x, alpha * x)


def _rrelu_sample(x: Tensor, uniform: Tensor, lower: Value, upper: Value) -> Tensor:
    """Draw every negative element's slope uniformly between lower and upper."""
    slope = lower + (upper - lower) * uniform
    return torch.where(x > 0, x, slope * x)


@register(
    "Piecewise((x, x > 0), ((lower + upper)/2*x, True))",
    "Xu, Wang, Chen & Li 2015, Empirical evaluation of rectified activations in convolutional network, "
    "arXiv:1505.00853",
    family="rectifier", label="RReLU", lower=1 / 8, upper=1 / 3,
    kernel=native(lambda x, low, high: F.leaky_relu(x, (low + high) / 2)), stochastic=_rrelu_sample, monotone=True,
    bounded=False,
)  # fmt: skip
def rrelu(x: Tensor, lower: Value, upper: Value) -> Tensor:
    """Random slopes while training; evaluated, as here, with their mean."""
    return torch.where(x > 0, x, (lower + upper) / 2 * x)


@register(
    "Piecewise((0, x <= 0), (6, x >= 6), (x, True))",
    "Krizhevsky 2010, Convolutional deep belief networks on CIFAR-10",
    family="rectifier", label="ReLU6", kernel=F.relu6, monotone=True, bounded=True, nonnegative=True,
)  # fmt: skip
def relu6(x: Tensor) -> Tensor:
    """Capped at 6, with slope 0 at both corners."""
    return torch.where(x <= 0, 0.0, torch.where(x >= 6, 6.0, x))


@register(
    "Piecewise((x**2, x > 0), (0, True))",
    "So, Mańke, Liu, Dai, Shazeer & Le 2021, Primer: searching for efficient transformers for language modeling, "
    "NeurIPS, arXiv:2109.08668",
    family="rectifier", label="squared ReLU", aliases=("relu2",), kernel=lambda x: torch.relu(x).square(),
    monotone=True, bounded=False, nonnegative=True,
)  # fmt: skip
def squared_relu(x: Tensor) -> Tensor:
    """Its slope 2x grows without end, so it is not Lipschitz and its length map is unstable."""
    return torch.square(torch.relu(x))


@register(
    "Piecewise((s*x**2 + b, x > 0), (b, True))",
    "Yu, Si, Zhou, Luo, Zhou, Feng, Yan & Wang 2022, MetaFormer baselines for vision, arXiv:2210.13452",
    family="rectifier", label="StarReLU", s=2 / sqrt(5), b=-1 / sqrt(5),
    kernel=lambda x, s, b: s * torch.relu(x).square() + b, monotone=True, bounded=False, nonnegative=False,
)  # fmt: skip
def star_relu(x: Tensor, s: Value, b: Value) -> Tensor:
    """Squared ReLU with mean 0 and variance 1 on a standard normal input: mean 1/2, variance 5/4 before."""
    return s * torch.square(torch.relu(x)) + b


@register(
    "Max(a, b)",
    "Goodfellow, Warde-Farley, Mirza, Courville & Bengio 2013, Maxout networks, ICML, arXiv:1302.4389",
    family="rectifier", label="maxout", elementwise=False, inputs=("a", "b"), latex=r"\max\left(a, b\right)",
    kernel=lambda x: x.unflatten(-1, (2, -1)).amax(-2), bounded=False,
)  # fmt: skip
def maxout(x: Tensor) -> Tensor:
    """The larger of two halves of the last dimension (two pieces); ReLU is maxout with one half 0."""
    a, b = _halves(x)
    return torch.where(a > b, a, b)


@register(
    "Piecewise((x, x > 0), (0, True)), Piecewise((-x, x < 0), (0, True))",
    "Shang, Sohn, Almeida & Lee 2016, Understanding and improving convolutional neural networks via concatenated "
    "rectified linear units, ICML, arXiv:1603.05201",
    family="rectifier", label="CReLU", elementwise=False,
    latex=r"\left(\max\left(x, 0\right),\; \max\left(-x, 0\right) \right)",
    kernel=lambda x: torch.relu(torch.cat((x, -x), dim=-1)), bounded=False, nonnegative=True,
)  # fmt: skip
def crelu(x: Tensor) -> Tensor:
    """Doubles the last dimension: the positive parts, then the negative parts, so that nothing is lost."""
    return torch.cat((torch.relu(x), torch.relu(-x)), dim=-1)


# exponential


@register(
    "Piecewise((x, x > 0), (alpha*(exp(x) - 1), True))",
    "Clevert, Unterthiner & Hochreiter 2015, Fast and accurate deep network learning by exponential linear units "
    "(ELUs), ICLR 2016, arXiv:1511.07289",
    family="exponential", label="ELU", alpha=1.0, kernel=native(F.elu), monotone=True, bounded=False,
)  # fmt: skip
def elu(x: Tensor, alpha: Value) -> Tensor:
    """Has a kink at 0 for every alpha but 1; the slope there is alpha."""
    return torch.where(x > 0, x, alpha * stable.expm1(torch.where(x > 0, 0.0, x)))


@register(
    "Piecewise((x, x > 0), (alpha*(exp(x/alpha) - 1), True))",
    "Barron 2017, Continuously differentiable exponential linear units, arXiv:1704.07483",
    family="exponential", label="CELU", alpha=1.0, kernel=native(F.celu), monotone=True, bounded=False,
)  # fmt: skip
def celu(x: Tensor, alpha: Value) -> Tensor:
    """ELU with alpha dividing x too, so that the slope at 0 is 1 whatever alpha is."""
    return torch.where(x > 0, x, alpha * stable.expm1(torch.where(x > 0, 0.0, x) / alpha))


SELU_ALPHA = "1.6732632423543772848170429916717"
SELU_LAMBDA = "1.0507009873554804934193349852946"


@register(
    "Piecewise((lambd*x, x > 0), (lambd*alpha*(exp(x) - 1), True))",
    "Klambauer, Unterthiner, Mayr & Hochreiter 2017, Self-normalizing neural networks, NeurIPS, arXiv:1706.02515",
    family="exponential", label="SELU", kernel=F.selu, constants={"alpha": SELU_ALPHA, "lambd": SELU_LAMBDA},
    monotone=True, bounded=False,
)  # fmt: skip
def selu(x: Tensor) -> Tensor:
    """The two constants make mean 0 and variance 1 a fixed point, with LeCun weights; they are not parameters."""
    alpha, lambd = float(SELU_ALPHA), float(SELU_LAMBDA)
    return lambd * torch.where(x > 0, x, alpha * stable.expm1(torch.where(x > 0, 0.0, x)))


@register(
    "log(1 + exp(beta*x))/beta",
    "Dugas, Bengio, Bélisle, Nadeau & Garcia 2000, Incorporating second-order functional knowledge for better option "
    "pricing, NIPS 13",
    family="exponential", label="softplus", beta=1.0, kernel=native(F.softplus), monotone=True, bounded=False,
    nonnegative=True,
)  # fmt: skip
def softplus(x: Tensor, beta: Value) -> Tensor:
    """Nowhere 0 in exact arithmetic; torch's own jumps to x at beta·x = 20, here nothing jumps."""
    return stable.softplus(beta * x) / beta


def _xielu_kernel(x: Tensor, alpha_p: Value, alpha_n: Value, beta: Value) -> Tensor:
    bent = alpha_n * (torch.expm1(x.clamp(max=0.0)) - x)
    return torch.where(x > 0, alpha_p * x * x, bent) + beta * x


@register(
    "Piecewise((alpha_p*x**2 + beta*x, x > 0), (alpha_n*(exp(x) - 1) - alpha_n*x + beta*x, True))",
    "Huang & Schlag 2024, Deriving activation functions using integration, arXiv:2411.13010",
    family="exponential", label="xIELU", alpha_p=0.8, alpha_n=0.8, beta=0.5, learn=("alpha_p", "alpha_n"),
    floors={"alpha_p": 0.0, "alpha_n": "beta"}, kernel=_xielu_kernel, monotone=False, bounded=False,
)  # fmt: skip
def xielu(x: Tensor, alpha_p: Value, alpha_n: Value, beta: Value) -> Tensor:
    """The alphas are those of the formula; a module trains raw numbers, softplus keeps alpha_p > 0, alpha_n > beta."""
    above, below = torch.where(x > 0, x, 0.0), torch.where(x > 0, 0.0, x)
    bent = alpha_n * stable.expm1(below) + (beta - alpha_n) * below
    return torch.where(x > 0, alpha_p * above * above + beta * above, bent)


# smooth gated


def _swish_kernel(x: Tensor, beta: Value) -> Tensor:
    return F.silu(x) if not isinstance(beta, Tensor) and beta == 1 else x * torch.sigmoid(beta * x)


@register(
    "x/(1 + exp(-beta*x))",
    "Ramachandran, Zoph & Le 2017, Searching for activation functions, arXiv:1710.05941",
    family="smooth gated", label="Swish", aliases=("silu",), beta=1.0, kernel=_swish_kernel, monotone=False,
    bounded=False,
)  # fmt: skip
def swish(x: Tensor, beta: Value) -> Tensor:
    """SiLU at beta = 1, x/2 at 0, towards ReLU as beta grows; learnt when beta is given as an nn.Parameter."""
    t = beta * x
    inside = torch.abs(t) < stable.FAR
    near = torch.where(inside, x, 0.0)
    return torch.where(inside, near * stable.sigmoid(beta * near), torch.where(t < 0, 0.0, x))


@register(
    "beta*x/(1 + exp(-x))",
    "Alcaide 2018, E-swish: adjusting activations to different network depths, arXiv:1801.07145",
    family="smooth gated", label="E-Swish", beta=1.5, kernel=lambda x, beta: beta * F.silu(x), monotone=False,
    bounded=False,
)  # fmt: skip
def eswish(x: Tensor, beta: Value) -> Tensor:
    """Beta multiplies the whole and stays outside the gate; the paper tries 1 to 2, and 1.5 is the middle."""
    return beta * stable.gated(x, lambda u: u * stable.sigmoid(u))


@register(
    "x/2*(1 + erf(x/sqrt(2)))",
    "Hendrycks & Gimpel 2016, Gaussian error linear units (GELUs), arXiv:1606.08415",
    family="smooth gated", label="GELU", kernel=F.gelu, monotone=False, bounded=False,
)  # fmt: skip
def gelu(x: Tensor) -> Tensor:
    """The exact form x·Φ(x). In float32 torch's own returns 0 below −5.6, where values exist to −13."""
    return stable.gelu(x)


@register(
    "x/2*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x**3)))",
    "Hendrycks & Gimpel 2016, Gaussian error linear units (GELUs), arXiv:1606.08415",
    family="smooth gated", label="GELU (tanh)", kernel=lambda x: F.gelu(x, approximate="tanh"), monotone=False,
    bounded=False,
)  # fmt: skip
def gelu_tanh(x: Tensor) -> Tensor:
    """Up to 4.7e-4 from the exact form; the cube overflows early, and torch's slope is nan at ±1e30."""

    def inside(u: Tensor) -> Tensor:
        return u * stable.sigmoid(sqrt(8 / pi) * (u + 0.044715 * u * u * u))

    return stable.gated(x, inside, low=-25.0, high=25.0)


@register(
    "x*tanh(log(1 + exp(x)))",
    "Misra 2019, Mish: a self regularized non-monotonic activation function, BMVC 2020, arXiv:1908.08681",
    family="smooth gated", label="Mish", kernel=F.mish, monotone=False, bounded=False,
)  # fmt: skip
def mish(x: Tensor) -> Tensor:
    """tanh(ln(1 + e)) is n/(n + 2) with n = e(e + 2): one exponential instead of three functions."""

    def below(u: Tensor) -> Tensor:
        e = torch.exp(u)
        n = e * (e + 2)
        return u * n / (n + 2)

    def above(u: Tensor) -> Tensor:
        e = torch.exp(-u)
        return u - u * (2 * e * e / (1 + 2 * e + 2 * e * e))

    return stable.gated(x, lambda u: stable.either(u > 0, yes=above, no=below, x=u))


@register(
    "x*tanh(exp(x))",
    "Fernandez & Mali 2024, TeLU activation function for fast and stable deep learning, arXiv:2412.20269",
    family="smooth gated", label="TeLU", kernel=lambda x: x * torch.tanh(torch.exp(x.clamp(max=20.0))), monotone=False,
    bounded=False,
)  # fmt: skip
def telu(x: Tensor) -> Tensor:
    """Equals x to the last bit from x = 3 on, as tanh(e^x) closes doubly fast."""
    return stable.gated(x, lambda u: u * stable.tanh(torch.exp(u)), high=50.0)


@register(
    "Piecewise((x/(1 + exp(-x)), x >= 0), ((exp(x) - 1)/(1 + exp(-x)), True))",
    "Basirat & Roth 2018, The quest for the golden activation function, arXiv:1808.00783",
    family="smooth gated", label="ELiSH",
    kernel=lambda x: torch.where(x >= 0, x, torch.expm1(x.clamp(max=0.0))) * torch.sigmoid(x), monotone=False,
    bounded=False,
)  # fmt: skip
def elish(x: Tensor) -> Tensor:
    """Swish above 0 and a gated ELU below; both sides have slope 1/2 at 0."""
    below = stable.expm1(torch.where(x >= 0, 0.0, x)) * stable.sigmoid(x)
    return torch.where(x >= 0, stable.gated(x, lambda u: u * stable.sigmoid(u)), below)


@register(
    "x*erf(log(1 + exp(x)))",
    "Nag & Bhattacharyya 2021, SERF: towards better training of deep neural networks using log-softplus error "
    "activation function, arXiv:2108.09598",
    family="smooth gated", label="Serf", kernel=lambda x: x * torch.erf(F.softplus(x)), monotone=False, bounded=False,
)  # fmt: skip
def serf(x: Tensor) -> Tensor:
    """Mish with erf in the place of tanh."""
    return stable.gated(x, lambda u: u * torch.erf(stable.softplus(u)))


# hard


@register(
    "Piecewise((0, x <= -3), (1, x >= 3), (x/6 + 1/2, True))",
    "Howard et al. 2019, Searching for MobileNetV3, ICCV, arXiv:1905.02244",
    family="hard", label="hard sigmoid", aliases=("hard_sigmoid",), kernel=F.hardsigmoid, monotone=True, bounded=True,
    nonnegative=True,
)  # fmt: skip
def hardsigmoid(x: Tensor) -> Tensor:
    """relu6(x + 3)/6; an older form, clip(x/5 + 1/2), is another function under the same name."""
    return torch.where(x <= -3, 0.0, torch.where(x >= 3, 1.0, (x + 3) / 6))


@register(
    "Piecewise((0, x <= -3), (x, x >= 3), (x*(x + 3)/6, True))",
    "Howard et al. 2019, Searching for MobileNetV3, ICCV, arXiv:1905.02244",
    family="hard", label="hard-swish", aliases=("hard_swish",), kernel=F.hardswish, monotone=False, bounded=False,
)  # fmt: skip
def hardswish(x: Tensor) -> Tensor:
    """x·relu6(x + 3)/6, exactly 0 from −3 down and so with dead inputs, unlike Swish."""
    return stable.gated(x, lambda u: u * (u + 3) / 6, low=-3.0, high=3.0)


@register(
    "Piecewise((min_val, x <= min_val), (max_val, x >= max_val), (x, True))",
    "Collobert 2004, Large scale machine learning, PhD thesis, Université de Paris VI",
    family="hard", label="hard tanh", aliases=("hard_tanh",), min_val=-1.0, max_val=1.0, kernel=native(F.hardtanh),
    monotone=True, bounded=True,
)  # fmt: skip
def hardtanh(x: Tensor, min_val: Value, max_val: Value) -> Tensor:
    """Clipped to [min_val, max_val], with slope 0 at both corners."""
    return torch.where(x <= min_val, min_val, torch.where(x >= max_val, max_val, x))


# shrinkage


@register(
    "Piecewise((x - lambd, x > lambd), (x + lambd, x < -lambd), (0, True))",
    "Donoho 1995, De-noising by soft-thresholding, IEEE Transactions on Information Theory 41:613-627",
    family="shrinkage", label="soft shrinkage", aliases=("soft_shrink",), lambd=0.5, kernel=native(F.softshrink),
    monotone=True, odd=True, bounded=False,
)  # fmt: skip
def softshrink(x: Tensor, lambd: Value) -> Tensor:
    """The proximal step of the absolute value: continuous, and biased by lambd everywhere outside."""
    shrunk = torch.where(x > 0, x - lambd, x + lambd)
    return torch.where(torch.abs(x) <= lambd, 0.0, shrunk)


@register(
    "Piecewise((x, x > lambd), (x, x < -lambd), (0, True))",
    "Donoho & Johnstone 1994, Ideal spatial adaptation by wavelet shrinkage, Biometrika 81:425-455",
    family="shrinkage", label="hard shrinkage", aliases=("hard_shrink",), lambd=0.5, kernel=native(F.hardshrink),
    monotone=True, odd=True, bounded=False,
)  # fmt: skip
def hardshrink(x: Tensor, lambd: Value) -> Tensor:
    """Jumps by lambd at ±lambd, which no slope shows: the slope is 0 inside and 1 outside."""
    return torch.where(torch.abs(x) <= lambd, 0.0, x)


# periodic


@register(
    "x + sin(a*x)**2/a",
    "Ziyin, Hartwig & Ueda 2020, Neural networks fail to learn periodic functions and how to fix it, NeurIPS, "
    "arXiv:2006.08195",
    family="periodic", label="Snake", a=1.0, kernel=lambda x, a: x + torch.sin(a * x).square() / a, monotone=True,
    bounded=False,
)  # fmt: skip
def snake(x: Tensor, a: Value) -> Tensor:
    """Monotone, as its slope 1 + sin(2ax) never falls below 0, which it touches; it has no limit at infinity."""
    return x + torch.where(torch.isinf(x), 0.0, torch.square(torch.sin(a * x)) / a)


@register(
    "(x + a*sin(b*x))/(1 + exp(-x))",
    "Paul, Bandyopadhyay, Yoon, Geem & Sarkar 2022, SinLU: sinu-sigmoidal linear unit, Mathematics 10:337",
    family="periodic", label="SinLU", a=1.0, b=1.0, learn=("a", "b"),
    kernel=lambda x, a, b: (x + a * torch.sin(b * x)) * torch.sigmoid(x), monotone=False, bounded=False,
)  # fmt: skip
def sinlu(x: Tensor, a: Value, b: Value) -> Tensor:
    """Amplitude and frequency of the ripple are both learnt, from 1."""
    inside = x > -stable.FAR
    near = torch.where(inside, x, 0.0)
    ripple = torch.where(torch.isinf(near), 0.0, a * torch.sin(b * near))
    return torch.where(inside, (near + ripple) * stable.sigmoid(near), torch.where(torch.isnan(x), x, 0.0))


@register(
    "x*cos(x)",
    "Noel, Arunkumar, Trivedi & Dutta 2021, Growing cosine unit: a novel oscillatory activation function that can "
    "speedup training and reduce parameters in convolutional neural networks, arXiv:2108.12943",
    family="periodic", label="GCU", kernel=lambda x: x * torch.cos(x), monotone=False, odd=True, bounded=False,
)  # fmt: skip
def gcu(x: Tensor) -> Tensor:
    """Oscillates with growing amplitude: a single unit has a hyperplane on either side of 0."""
    return x * torch.cos(x)


# gated units: the last dimension holds values a, then gates b, in the order of torch.nn.functional.glu


def _halves(x: Tensor) -> tuple[Tensor, Tensor]:
    if x.ndim == 0 or x.shape[-1] % 2:
        raise ValueError(f"a gated unit halves the last dimension, which must be even; the shape is {tuple(x.shape)}")
    a, b = torch.chunk(x, 2, dim=-1)
    return a, b


def gated_unit(gate: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """Return the unit a·gate(b) on the halves a and b of the last dimension."""

    def unit(x: Tensor) -> Tensor:
        a, b = _halves(x)
        return a * gate(b)

    return unit


@register(
    "a/(1 + exp(-b))",
    "Dauphin, Fan, Auli & Grangier 2016, Language modeling with gated convolutional networks, ICML 2017, "
    "arXiv:1612.08083",
    family="gated unit", label="GLU", elementwise=False, inputs=("a", "b"), kernel=F.glu, bounded=False,
)  # fmt: skip
def glu(x: Tensor) -> Tensor:
    """Halves the last dimension: at equal width it costs twice the weights before it."""
    return gated_unit(stable.sigmoid)(x)


@register(
    "a*b",
    "Shazeer 2020, GLU variants improve transformer, arXiv:2002.05202",
    family="gated unit", label="bilinear", elementwise=False, inputs=("a", "b"), bounded=False,
)  # fmt: skip
def bilinear(x: Tensor) -> Tensor:
    """The gated unit without an activation: a product, and nonlinear all the same."""
    return gated_unit(lambda b: b)(x)


@register(
    "a*Piecewise((b, b > 0), (0, True))",
    "Shazeer 2020, GLU variants improve transformer, arXiv:2002.05202",
    family="gated unit", label="ReGLU", elementwise=False, inputs=("a", "b"), kernel=gated_unit(torch.relu),
    latex=r"a \max\left(b, 0\right)", bounded=False,
)  # fmt: skip
def reglu(x: Tensor) -> Tensor:
    """The paper writes the gate first; the product is the same."""
    return gated_unit(torch.relu)(x)


@register(
    "a*b/2*(1 + erf(b/sqrt(2)))",
    "Shazeer 2020, GLU variants improve transformer, arXiv:2002.05202",
    family="gated unit", label="GEGLU", elementwise=False, inputs=("a", "b"), kernel=gated_unit(F.gelu), bounded=False,
)  # fmt: skip
def geglu(x: Tensor) -> Tensor:
    """Gated by the exact GELU."""
    return gated_unit(stable.gelu)(x)


@register(
    "a*b/(1 + exp(-b))",
    "Shazeer 2020, GLU variants improve transformer, arXiv:2002.05202",
    family="gated unit", label="SwiGLU", elementwise=False, inputs=("a", "b"), kernel=gated_unit(F.silu), bounded=False,
)  # fmt: skip
def swiglu(x: Tensor) -> Tensor:
    """Gated by Swish with beta = 1."""
    return gated_unit(lambda b: stable.gated(b, lambda u: u * stable.sigmoid(u)))(x)
