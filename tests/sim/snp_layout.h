/* SPDX-License-Identifier: Apache-2.0 */
/* Where things are in an SNP report and a TD quote, as the simulated MAA reads them (PROTOCOL.md
 * 5.4, H11). Offsets and lengths in bytes. */
#ifndef SIM_SNP_LAYOUT_H
#define SIM_SNP_LAYOUT_H

#define SNP_REPORT_LEN      1184
#define SNP_GUEST_SVN       0x004
#define SNP_POLICY          0x008 /* le64; byte 2 holds bits 16-23, byte 3 bits 24-31 */
#define SNP_FAMILY_ID       0x010
#define SNP_IMAGE_ID        0x020
#define SNP_VMPL            0x030
#define SNP_REPORT_DATA     0x050
#define SNP_REPORT_DATA_LEN 64
#define SNP_MEASUREMENT     0x090
#define SNP_HOST_DATA       0x0C0
#define SNP_ID_KEY_DIGEST   0x0E0
#define SNP_AUTHOR_DIGEST   0x110
#define SNP_REPORT_ID       0x140
#define SNP_REPORTED_TCB    0x180
#define SNP_CHIP_ID         0x1A0
#define SNP_CHIP_ID_LEN     64
#define SNP_SIGNED_LEN      0x2A0
#define SNP_R               0x2A0
#define SNP_S               0x2E8
#define SNP_RS_LEN          72

#define SNP_POLICY_2_DEBUG 0x08

#define TDQ_HEADER_LEN 48
#define TDQ_BODY_LEN   584
/* version 5: type and size stand before a body of TD 1.5, which is longer */
#define TDQ_5_PREFIX_LEN 6
#define TDQ_5_BODY_LEN   648
/* in the body */
#define TDQ_TEE_TCB_SVN     0
#define TDQ_MRSEAM          16
#define TDQ_MRSIGNERSEAM    64
#define TDQ_SEAM_ATTRIBUTES 112
#define TDQ_TD_ATTRIBUTES   120
#define TDQ_XFAM            128
#define TDQ_MRTD            136
#define TDQ_MRCONFIGID      184
#define TDQ_MROWNER         232
#define TDQ_MROWNERCONFIG   280
#define TDQ_RTMR0           328
#define TDQ_REPORT_DATA     520

#endif
