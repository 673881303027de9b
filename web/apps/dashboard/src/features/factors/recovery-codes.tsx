import { useState } from "react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Download, TriangleAlert } from "lucide-react";
import { api, data, type Factors } from "@tenon/api";
import { Badge, Button, Callout, Card, ConfirmDialog, CopyButton, Dialog } from "@tenon/ui";
import { tellFailure } from "../../app/failure";
import { plural } from "../../app/format";
import settings from "../settings/settings.module.css";
import { factorsKey } from "./queries";
import styles from "./factors.module.css";

const FEW = 3;

/** How many are left, and new ones in place of those that were used up or lost. */
export function RecoveryCodes({ factors }: { factors: Factors }) {
  const [asking, setAsking] = useState(false);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const client = useQueryClient();
  const left = factors.recovery_codes_left;
  const make = useMutation({
    mutationFn: () => data(api.POST("/api/auth/mfa/recovery-codes")),
    onSuccess: ({ recovery_codes }) => {
      setCodes(recovery_codes);
      void client.invalidateQueries({ queryKey: factorsKey });
    },
    onError: tellFailure("No new codes were made"),
    onSettled: () => setAsking(false),
  });
  return (
    <>
      <Card
        title="Recovery codes"
        description="For when your authenticator or passkey is not at hand. Each works once."
        actions={left <= FEW && <Badge tone="warning">{left === 0 ? "None left" : "Few left"}</Badge>}
        footer={<Button onClick={() => setAsking(true)}>Make new codes</Button>}
      >
        <p className={settings.text}>{left === 0 ? "You have used them all." : `You have ${plural(left, "code")} left.`}</p>
      </Card>
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title="Make new recovery codes?"
        description={left === 0 ? "You get ten new ones." : "You get ten new ones. Those you have work no more."}
        action="Make new codes"
        busy={make.isPending}
        onConfirm={() => make.mutate()}
      />
      {codes && <NewCodes codes={codes} onClose={() => setCodes(null)} />}
    </>
  );
}

/** Codes are shown this once: the server keeps nothing that they could be read from. */
export function NewCodes({ codes, onClose }: { codes: readonly string[]; onClose: () => void }) {
  const text = codes.join("\n");
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Your recovery codes"
      footer={
        <Button tone="primary" onClick={onClose}>
          I have kept them
        </Button>
      }
    >
      <div className="stack">
        <Callout tone="warning" icon={<TriangleAlert />}>
          Keep them where you will find them without this device. They cannot be shown again.
        </Callout>
        <div className={styles.codeBox}>
          <ul className={styles.codes} aria-label="Recovery codes">
            {codes.map((code) => (
              <li key={code}>
                <code>{code}</code>
              </li>
            ))}
          </ul>
        </div>
        <div className={styles.codeActions}>
          <CopyButton text={text} label="Copy codes" showLabel tone="plain" size="md" />
          <Button icon={<Download />} onClick={() => save(text)}>
            Download
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

function save(text: string) {
  const address = URL.createObjectURL(new Blob([`Recovery codes for ${window.location.host}, each good once:\n\n${text}\n`], { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = "tenon-recovery-codes.txt";
  link.click();
  URL.revokeObjectURL(address);
}
