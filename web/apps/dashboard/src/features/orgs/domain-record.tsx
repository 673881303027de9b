import { useMutation, useQueryClient } from "@tanstack/react-query";
import { RefreshCw } from "lucide-react";
import { api, data, type Domain } from "@tenon/api";
import { Button, CopyButton, toast } from "@tenon/ui";
import { FormProblem } from "../../app/failure";
import { domainsKey } from "./queries";
import styles from "./orgs.module.css";

/** Which record shows that the domain is the organization's, and the button that has it looked for. */
export function DomainRecord({ organization, domain }: { organization: string; domain: Domain }) {
  const client = useQueryClient();
  const verify = useMutation({
    mutationFn: () => data(api.POST("/api/orgs/{id}/domains/{domain_id}/verify", { params: { path: { id: organization, domain_id: domain.id } } })),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: domainsKey });
      toast.done("The record is there", `${domain.domain} is confirmed.`);
    },
  });
  const lines = [
    { name: "Type", value: "TXT" },
    { name: "Name", value: domain.txt_name },
    { name: "Value", value: domain.txt_value },
  ];
  return (
    <div className={styles.record}>
      <p className={styles.soft}>
        Add this record where the DNS of {domain.domain} is looked after, and leave it there: it is looked for every day. Where the domain is put behind the name by itself, the name is <code>_tenon</code> alone.
      </p>
      <dl className={styles.recordLines} aria-label={`DNS record for ${domain.domain}`}>
        {lines.map(({ name, value }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <code>{value}</code>
              {name !== "Type" && <CopyButton text={value} label={`Copy the ${name.toLowerCase()}`} />}
            </dd>
          </div>
        ))}
      </dl>
      <FormProblem error={verify.error} shown={[]} />
      <div>
        <Button size="sm" icon={<RefreshCw />} busy={verify.isPending} onClick={() => verify.mutate()}>
          Check now
        </Button>
      </div>
    </div>
  );
}
