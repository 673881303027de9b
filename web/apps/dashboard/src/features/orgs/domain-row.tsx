import { useState } from "react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Ellipsis, FileKey2, Globe, Trash2 } from "lucide-react";
import { api, done, type Domain } from "@tenon/api";
import { Badge, ConfirmDialog, IconButton, Menu, MenuItem, toast, type BadgeTone } from "@tenon/ui";
import { tellFailure } from "../../app/failure";
import { ago, onDate } from "../../app/format";
import settings from "../settings/settings.module.css";
import { DomainJoining } from "./domain-joining";
import { DomainRecord } from "./domain-record";
import { domainsKey } from "./queries";
import styles from "./orgs.module.css";

const STATUS: Record<Domain["status"], { tone: BadgeTone; label: string }> = {
  pending: { tone: "neutral", label: "Not confirmed yet" },
  verified: { tone: "success", label: "Confirmed" },
  lost: { tone: "warning", label: "Record gone" },
};

function saidOf({ status, created_at, verified_at, checked_at }: Domain): string {
  if (status === "pending") return `Added ${onDate(created_at)}. Add the record below, then have it checked.`;
  if (status === "lost") return "The record is not there any more. Nobody joins until it is back; who has joined stays.";
  return `Since ${onDate(verified_at ?? created_at)}.${checked_at ? ` The record was last seen ${ago(checked_at)}.` : ""}`;
}

export function DomainRow({ organization, domain }: { organization: string; domain: Domain }) {
  const [showing, setShowing] = useState(false);
  const [removing, setRemoving] = useState(false);
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => done(api.DELETE("/api/orgs/{id}/domains/{domain_id}", { params: { path: { id: organization, domain_id: domain.id } } })),
    onSuccess: async () => {
      setRemoving(false);
      await client.invalidateQueries({ queryKey: domainsKey });
      toast.done("Domain removed", `Nobody joins by ${domain.domain} any more.`);
    },
    onError: tellFailure("The domain could not be removed"),
  });
  const { tone, label } = STATUS[domain.status];
  const verified = domain.status === "verified";
  return (
    <li className={styles.domain}>
      <div className={styles.domainHead}>
        <Globe size={18} aria-hidden />
        <div className={settings.rowText}>
          <div className={settings.rowTitle}>
            {domain.domain}
            <Badge tone={tone}>{label}</Badge>
          </div>
          <div className={settings.rowSub}>{saidOf(domain)}</div>
        </div>
        <Menu trigger={<IconButton label={`Actions for ${domain.domain}`} size="sm" icon={<Ellipsis />} />}>
          {verified && (
            <MenuItem icon={<FileKey2 />} onSelect={() => setShowing(!showing)}>
              {showing ? "Hide the record" : "Show the record"}
            </MenuItem>
          )}
          <MenuItem icon={<Trash2 />} danger onSelect={() => setRemoving(true)}>
            Remove
          </MenuItem>
        </Menu>
      </div>
      {(!verified || showing) && <DomainRecord organization={organization} domain={domain} />}
      {domain.status !== "pending" && <DomainJoining organization={organization} domain={domain} />}
      <ConfirmDialog
        open={removing}
        onOpenChange={setRemoving}
        title={`Remove ${domain.domain}?`}
        description="Nobody joins by an address there any more. Who has joined stays. To add it again you need a new record."
        action="Remove domain"
        busy={remove.isPending}
        onConfirm={() => remove.mutate()}
      />
    </li>
  );
}
