#!/usr/bin/env python3
"""Exports networks of PyPI's timm to ONNX, one a family, with random weights, for tools/check_removal.py.

Needs timm and torch (timm 0.9 for PyTorch 1.13). What a network was built with at zero, as scales of residual branches,
is drawn anew, so that no part is without influence.

  tools/export_timm.py models/                 # all of FAMILIES
  tools/export_timm.py models/ beit_base_patch16_224
"""

import argparse
import pathlib
import sys
import warnings

import timm
import torch

# A small network of each family, with the side of its input where the published one may be changed.
FAMILIES = {
    "beit_base_patch16_224": None, "cait_xxs24_224": None, "coat_lite_tiny": 224, "coatnet_nano_rw_224": None,
    "convit_tiny": None, "convmixer_768_32": 64, "convnext_atto": 64, "convnextv2_atto": 64, "crossvit_tiny_240": None,
    "cspresnet50": 64, "darknet53": 64, "davit_tiny": 224, "deit_tiny_patch16_224": None, "densenet121": 64, "dla34": 64,
    "dm_nfnet_f0": 64, "dpn68": 64, "edgenext_xx_small": 64, "efficientformer_l1": None, "efficientnet_b0": 64,
    "efficientvit_b0": 64, "ese_vovnet19b_dw": 64, "fbnetc_100": 64, "focalnet_tiny_srf": 224, "gcresnet33ts": 64,
    "gernet_s": 64, "ghostnet_100": 64, "gmixer_24_224": None, "gmlp_s16_224": None, "hardcorenas_a": 64,
    "hrnet_w18_small": 64, "inception_next_tiny": 64, "inception_resnet_v2": 139, "inception_v4": 139,
    "lcnet_050": 64, "legacy_senet18" : 64, "levit_128s": None, "maxvit_nano_rw_256": None, "mixer_s16_224": None,
    "mixnet_s": 64, "mnasnet_small": 64, "mobilenetv2_050": 64, "mobilenetv3_small_050": 64, "mobileone_s0": 64,
    "mobilevit_xxs": 256, "mobilevitv2_050": 256, "nasnetalarge": 139, "nf_regnet_b0": 64, "nfnet_l0": 64,
    "pit_ti_224": None, "pnasnet5large": 139, "poolformer_s12": 64, "pvt_v2_b0": 64, "regnetx_002": 64, "regnety_002": 64,
    "repghostnet_050": 64, "repvgg_a0": 64, "repvit_m1": 64, "res2net50_26w_4s": 64, "resmlp_12_224": None,
    "resnest14d": 64, "resnet18": 64, "resnetv2_50": 64, "rexnet_100": 64, "selecsls42b": 64, "seresnext26d_32x4d": 64,
    "skresnet18": 64, "spnasnet_100": 64, "swin_tiny_patch4_window7_224": None, "swinv2_tiny_window8_256": None,
    "tf_efficientnetv2_b0": 64, "tinynet_e": 64, "tiny_vit_5m_224": None, "tnt_s_patch16_224": None,
    "twins_pcpvt_small": 224, "visformer_tiny": None, "vit_tiny_patch16_224": None, "vgg11_bn": 64, "volo_d1_224": None,
    "xception41": 64, "xcit_nano_12_p16_224": None, "fastvit_t8": 64, "hgnet_tiny": 64, "sequencer2d_s": 64,
    "eva02_tiny_patch14_224": None, "mvitv2_tiny": None, "nest_tiny": None, "eca_nfnet_l0": 64, "botnet26t_256": None,
    "halonet26t": 256, "lambda_resnet26t": 256, "cs3darknet_s": 64, "semnasnet_075": 64,
}


def randomize(model):
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.numel() > 1 and parameter.std() == 0:
                around = parameter.flatten()[0].item()
                parameter.normal_(around, 0.1 * max(abs(around), 0.2))


def export(name, side, path):
    torch.manual_seed(1)
    model = timm.create_model(name, pretrained=False, num_classes=100, exportable=True).eval()
    randomize(model)
    side = side or model.default_cfg["input_size"][1]
    example = torch.randn(1, 3, side, side)
    part = path.with_suffix(".part")
    torch.onnx.export(model, example, str(part), opset_version=17, input_names=["input"], output_names=["output"])
    part.rename(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("networks", nargs="*", metavar="NETWORK")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")
    failed = 0
    for name in arguments.networks or FAMILIES:
        path = arguments.folder / f"{name}.onnx"
        if path.exists():
            continue
        try:
            export(name, FAMILIES.get(name), path)
        except Exception as error:  # whatever torch throws: the other networks are still wanted
            failed += 1
            print(f"{name}: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}", flush=True)
            continue
        print(f"{name}: {path.stat().st_size / 1e6:.1f} MB", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
