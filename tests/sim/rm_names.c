/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the names of TPM commands; called for counts and for faults that name a command. */
#include "sim/rm.h"

#include <stdlib.h>
#include <strings.h>
#include <tss2/tss2_tpm2_types.h>

struct command_name {
        const char *name;
        uint32_t code;
};

static const struct command_name *command_at(size_t i);

const char *sim_command_name(uint32_t command_code)
{
        const struct command_name *c = NULL;

        for (size_t i = 0; (c = command_at(i)) != NULL; i++) {
                if (c->code == command_code)
                        return c->name;
        }
        return NULL;
}

uint32_t sim_command_code(const char *name)
{
        const struct command_name *c = NULL;
        char *end = NULL;

        for (size_t i = 0; (c = command_at(i)) != NULL; i++) {
                if (strcasecmp(c->name, name) == 0)
                        return c->code;
        }
        unsigned long code = strtoul(name, &end, 16);
        return end == name || *end != '\0' ? 0 : (uint32_t)code;
}

#define COMMAND(name)                 \
        {                             \
#name, TPM2_CC_##name \
        }

static const struct command_name *command_at(size_t i)
{
        static const struct command_name commands[] = {
                COMMAND(NV_UndefineSpaceSpecial),
                COMMAND(EvictControl),
                COMMAND(HierarchyControl),
                COMMAND(NV_UndefineSpace),
                COMMAND(ChangeEPS),
                COMMAND(ChangePPS),
                COMMAND(Clear),
                COMMAND(ClearControl),
                COMMAND(ClockSet),
                COMMAND(HierarchyChangeAuth),
                COMMAND(NV_DefineSpace),
                COMMAND(PCR_Allocate),
                COMMAND(PCR_SetAuthPolicy),
                COMMAND(PP_Commands),
                COMMAND(SetPrimaryPolicy),
                COMMAND(FieldUpgradeStart),
                COMMAND(ClockRateAdjust),
                COMMAND(CreatePrimary),
                COMMAND(NV_GlobalWriteLock),
                COMMAND(GetCommandAuditDigest),
                COMMAND(NV_Increment),
                COMMAND(NV_SetBits),
                COMMAND(NV_Extend),
                COMMAND(NV_Write),
                COMMAND(NV_WriteLock),
                COMMAND(DictionaryAttackLockReset),
                COMMAND(DictionaryAttackParameters),
                COMMAND(NV_ChangeAuth),
                COMMAND(PCR_Event),
                COMMAND(PCR_Reset),
                COMMAND(SequenceComplete),
                COMMAND(SetAlgorithmSet),
                COMMAND(SetCommandCodeAuditStatus),
                COMMAND(FieldUpgradeData),
                COMMAND(IncrementalSelfTest),
                COMMAND(SelfTest),
                COMMAND(Startup),
                COMMAND(Shutdown),
                COMMAND(StirRandom),
                COMMAND(ActivateCredential),
                COMMAND(Certify),
                COMMAND(PolicyNV),
                COMMAND(CertifyCreation),
                COMMAND(Duplicate),
                COMMAND(GetTime),
                COMMAND(GetSessionAuditDigest),
                COMMAND(NV_Read),
                COMMAND(NV_ReadLock),
                COMMAND(ObjectChangeAuth),
                COMMAND(PolicySecret),
                COMMAND(Rewrap),
                COMMAND(Create),
                COMMAND(ECDH_ZGen),
                COMMAND(HMAC),
                COMMAND(Import),
                COMMAND(Load),
                COMMAND(Quote),
                COMMAND(RSA_Decrypt),
                COMMAND(HMAC_Start),
                COMMAND(SequenceUpdate),
                COMMAND(Sign),
                COMMAND(Unseal),
                COMMAND(PolicySigned),
                COMMAND(ContextLoad),
                COMMAND(ContextSave),
                COMMAND(ECDH_KeyGen),
                COMMAND(EncryptDecrypt),
                COMMAND(FlushContext),
                COMMAND(LoadExternal),
                COMMAND(MakeCredential),
                COMMAND(NV_ReadPublic),
                COMMAND(PolicyAuthorize),
                COMMAND(PolicyAuthValue),
                COMMAND(PolicyCommandCode),
                COMMAND(PolicyCounterTimer),
                COMMAND(PolicyCpHash),
                COMMAND(PolicyLocality),
                COMMAND(PolicyNameHash),
                COMMAND(PolicyOR),
                COMMAND(PolicyTicket),
                COMMAND(ReadPublic),
                COMMAND(RSA_Encrypt),
                COMMAND(StartAuthSession),
                COMMAND(VerifySignature),
                COMMAND(ECC_Parameters),
                COMMAND(FirmwareRead),
                COMMAND(GetCapability),
                COMMAND(GetRandom),
                COMMAND(GetTestResult),
                COMMAND(Hash),
                COMMAND(PCR_Read),
                COMMAND(PolicyPCR),
                COMMAND(PolicyRestart),
                COMMAND(ReadClock),
                COMMAND(PCR_Extend),
                COMMAND(PCR_SetAuthValue),
                COMMAND(NV_Certify),
                COMMAND(EventSequenceComplete),
                COMMAND(HashSequenceStart),
                COMMAND(PolicyPhysicalPresence),
                COMMAND(PolicyDuplicationSelect),
                COMMAND(PolicyGetDigest),
                COMMAND(TestParms),
                COMMAND(Commit),
                COMMAND(PolicyPassword),
                COMMAND(ZGen_2Phase),
                COMMAND(EC_Ephemeral),
                COMMAND(PolicyNvWritten),
                COMMAND(PolicyTemplate),
                COMMAND(CreateLoaded),
                COMMAND(PolicyAuthorizeNV),
                COMMAND(EncryptDecrypt2),
                COMMAND(AC_GetCapability),
                COMMAND(AC_Send),
                COMMAND(Policy_AC_SendSelect),
                COMMAND(CertifyX509),
                COMMAND(ACT_SetTimeout),
                COMMAND(LAST),
        };
        return i < sizeof(commands) / sizeof(commands[0]) ? &commands[i] : NULL;
}
