import { useState } from "react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data, type Domain, type JoiningRole } from "@tenon/api";
import { CheckboxRow, Select } from "@tenon/ui";
import { FormProblem } from "../../app/failure";
import { domainsKey } from "./queries";
import styles from "./orgs.module.css";

type Choice = { auto_join?: boolean; role?: JoiningRole };

const ROLES: readonly JoiningRole[] = ["viewer", "member"];

export function DomainJoining({ organization, domain }: { organization: string; domain: Domain }) {
  /* What was chosen is shown while it is on its way, so that nothing flickers back. */
  const [wanted, setWanted] = useState<Choice>({});
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: (body: Choice) => data(api.PATCH("/api/orgs/{id}/domains/{domain_id}", { params: { path: { id: organization, domain_id: domain.id } }, body })),
    onSuccess: (saved) => client.setQueryData<Domain[]>([...domainsKey, organization], (all) => all?.map((one) => (one.id === saved.id ? saved : one))),
    onSettled: () => setWanted({}),
  });
  const choose = (choice: Choice) => {
    setWanted(choice);
    change.mutate(choice);
  };
  const shown = { ...domain, ...wanted };
  return (
    <div className={styles.joining}>
      <FormProblem error={change.error} shown={[]} />
      <div className={styles.joiningLine}>
        <CheckboxRow
          role="switch"
          label="Let people join by themselves"
          detail={`Who has confirmed an address at ${domain.domain} may; who confirms one from now on is in at once.`}
          checked={shown.auto_join}
          onChange={(event) => choose({ auto_join: event.target.checked })}
        />
        <Select
          aria-label={`Role of who joins by ${domain.domain}`}
          className={styles.joiningRole}
          value={shown.role}
          disabled={!shown.auto_join}
          onChange={(event) => choose({ role: event.target.value as JoiningRole })}
        >
          {ROLES.map((role) => (
            <option key={role} value={role}>
              as {role}
            </option>
          ))}
        </Select>
      </div>
    </div>
  );
}
