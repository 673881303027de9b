import { useQuery } from "@tanstack/react-query";
import { LogIn } from "lucide-react";
import { Button } from "@tenon/ui";
import { beginAt } from "./begin";
import { servicesQuery } from "./queries";

/** The services to come in by, as far as there are any: who does not see them has the form above. */
export function ServiceButtons({ next }: { next: string | null }) {
  const services = useQuery(servicesQuery);
  return services.data?.map(({ name, label }) => (
    <Button key={name} asChild size="lg" wide>
      {/* Not a link of the application: the server sends the browser away. */}
      <a href={beginAt(name, next)}>
        <LogIn aria-hidden />
        Continue with {label}
      </a>
    </Button>
  ));
}
