/* A table of builtin_test.c: see builtin_tables.h. */
#ifndef TENON_AI_BUILTIN_TUNED_H
#define TENON_AI_BUILTIN_TUNED_H

#include "ai/builtin_tables.h"

static const struct passage_row POLICY[] = {
    { "Refund policy", "Returns",
        "Customers may return any product within 30 days of delivery. The item must be unused and in its original packaging. Goods that were made to "
        "order cannot be returned unless they are faulty. To start a return, write to returns@example.com and name your order number." },
    { "Refund policy", "Refunds",
        "The refund is paid to the original means of payment. It takes up to five business days after the goods have arrived at our warehouse. Gift cards "
        "are refunded as store credit. We do not refund the original shipping fee unless the item was faulty." },
    { "Refund policy", "Shipping costs",
        "We cover the return shipping for faulty goods only. In all other cases the customer pays for the return.\n\nParcel | Price\nDomestic | 4.90 EUR\n"
        "European Union | 9.90 EUR\nRest of the world | 14.90 EUR" },
    { "Refund policy", "Contact",
        "Our support desk is open Monday to Friday from 9:00 to 17:00. The warehouse is located at 12 Harbour Street, Portsmouth. For questions about an "
        "invoice, ask the billing team." },
};

static const struct passage_row MANUAL[] = {
    { "BrewMaster 300 manual", "Getting started",
        "Before first use, rinse the water tank and run two cycles without coffee. The tank holds 1.8 litres. Place the machine on a level surface at "
        "least 10 cm from the wall, because the steam vent is at the back." },
    { "BrewMaster 300 manual", "Descaling",
        "Descale the machine every three months. When the orange light blinks, descaling is due.\n\nTo descale the machine:\n\n1. Empty the tank.\n\n"
        "2. Fill it with one litre of water and one sachet of descaler.\n\n3. Hold the steam button for five seconds.\n\n4. Rinse the tank twice." },
    { "BrewMaster 300 manual", "Cleaning",
        "The drip tray and the milk jug can go in the dishwasher. The brew group must be rinsed by hand under warm water once a week. Never use abrasive "
        "cleaners on the housing." },
    { "BrewMaster 300 manual", "Troubleshooting",
        "Code | Meaning | What to do\nE01 | Tank empty | Fill the water tank\nE02 | Pump blocked | Descale the machine\nE05 | Overheating | Switch off "
        "and let it cool for 30 minutes" },
    { "BrewMaster 300 manual", "Warranty",
        "The warranty lasts two years from the date of purchase. It does not cover damage caused by limescale. Keep the receipt as proof of purchase. "
        "Repairs are carried out by Northwind Service GmbH." },
};

static const struct passage_row HANDBOOK[] = {
    { "Employee handbook", "Working hours",
        "The regular working week is 38 hours. Core hours are from 10:00 to 15:00, and the rest of the day is flexible. Overtime must be approved in "
        "advance by your manager." },
    { "Employee handbook", "Vacation",
        "Full-time employees receive 28 days of paid vacation per year. Vacation requests should be submitted at least two weeks in advance in the HR "
        "portal. Up to five unused days can be carried over until March 31 of the following year." },
    { "Employee handbook", "Sick leave",
        "If you are sick, tell your manager before 9:00 on the first day. A doctor's note is required from the third day. Sick pay continues for six weeks "
        "at full salary." },
    { "Employee handbook", "Remote work",
        "Employees may work from home up to three days a week after the probation period, which lasts six months. Working from abroad needs the written "
        "consent of the legal department, since tax rules differ." },
    { "Employee handbook", "Equipment and expenses",
        "Every employee receives a laptop and a phone on the first day. Travel expenses are reimbursed within 14 days if the receipts are uploaded. The "
        "daily allowance for meals on business trips is 35 euros. Hotels above 150 euros a night must be approved by the finance team." },
    { "Employee handbook", "Benefits",
        "The company offers the following benefits:\n\nA public transport ticket\n\nA gym membership\n\nA pension plan with a 4% contribution\n\nFree fruit "
        "and coffee" },
};

static const struct passage_row API[] = {
    { "API reference", "Authentication",
        "Every request needs an API key in the Authorization header. Keys can be created under Settings, Developers. A revoked key stops working "
        "immediately." },
    { "API reference", "Rate limits",
        "Plan | Requests per minute | Monthly price\nFree | 60 | 0 USD\nTeam | 600 | 49 USD\nEnterprise | 6000 | on request\n\nWhen the limit is exceeded, the API answers "
        "with status 429 and a Retry-After header. Limits are counted per key, not per user." },
    { "API reference", "Payloads",
        "The maximum size of a request body is 5 MB. Uploads above that must use the multipart endpoint. Responses are compressed with gzip if the client "
        "accepts it. Timestamps are in UTC, formatted according to RFC 3339." },
    { "API reference", "Errors and retries",
        "Requests that fail with a 5xx status can be retried with exponential backoff. We retain request logs for 90 days. Error ERR-4711 means that the "
        "signature of a webhook could not be verified." },
    { "API reference", "FAQ",
        "Is there a sandbox?\nYes, the sandbox lives at sandbox.example.com and is reset every night.\n\nCan I use several keys?\nEach workspace can have up to "
        "ten keys.\n\nDo you support GraphQL?\nNo, only REST is offered at the moment." },
};

static const struct passage_row RENTAL[] = {
    { "Car rental conditions", "Driver",
        "The minimum age of the driver is 21 years. Drivers under 25 pay a young driver surcharge of 12 euros per day. A valid driving licence and a credit card are required at "
        "pick-up." },
    { "Car rental conditions", "Fuel and mileage",
        "Cars are handed over with a full tank and have to be brought back full. Otherwise we charge the missing fuel plus a service fee of 25 euros. Each rental includes 200 "
        "kilometres per day; every further kilometre costs 0.29 euros." },
    { "Car rental conditions", "Insurance",
        "Third-party insurance is included. The excess for damage to the car is 900 euros. It can be reduced to zero for 15 euros per day. Tyres and windows are not insured." },
    { "Car rental conditions", "Returning the car",
        "Return the car to the station where you picked it up. After closing time, drop the keys in the box next to the entrance. If you are more than one hour late, we charge another "
        "full day. Smoking in the car is forbidden and costs 150 euros for cleaning." },
    { "Car rental conditions", "Cancellation",
        "Bookings can be cancelled free of charge up to 48 hours before pick-up. After that, half of the price is due. Crossing the border to non-EU countries needs our permission." },
};

static const struct passage_row SECURITY[] = {
    { "Security overview", "Encryption",
        "All data is encrypted in transit with TLS 1.3 and at rest with AES-256. Encryption keys are rotated every 90 days. Passwords are stored as Argon2id hashes." },
    { "Security overview", "Access",
        "Only members of the operations team can reach production systems. Access is granted by the security officer, Helena Brandt, and reviewed every quarter. Two-factor "
        "authentication is mandatory for all staff." },
    { "Security overview", "Incidents",
        "Customers are informed within 72 hours of a confirmed breach. To report a vulnerability, write to security@example.com. We pay bounties between 100 and 5000 dollars, depending "
        "on severity." },
    { "Security overview", "Data location",
        "Customer data is stored in Ireland. Deleted data disappears from backups after 35 days. Our sub-processors are:\n\n- Mailjet for e-mail\n- Stripe for payments\n- Hetzner for "
        "hosting" },
    { "Security overview", "Certificates",
        "We have been certified to ISO 27001 since 2019. An external company carries out a penetration test once a year. The latest report is available on request under a "
        "non-disclosure agreement." },
};

static const struct question_row TUNED[] = {
    { DOCS(POLICY), NULL, "How long do I have to return a product?", "within 30 days of delivery" },
    { DOCS(POLICY), NULL, "How long does a refund take?", "up to five business days" },
    { DOCS(POLICY), NULL, "Who pays for return shipping?", "the customer pays for the return" },
    { DOCS(POLICY), NULL, "Can I return goods made to order?", "cannot be returned unless they are faulty" },
    { DOCS(POLICY), NULL, "How do I start a return?", "write to returns@example.com" },
    { DOCS(POLICY), NULL, "How much does it cost to send a parcel back from the European Union?", "9.90 EUR" },
    { DOCS(POLICY), NULL, "Where is the warehouse?", "12 Harbour Street" },
    { DOCS(POLICY), NULL, "When is the support desk open?", "Monday to Friday from 9:00" },
    { DOCS(POLICY), NULL, "What happens with gift cards?", "refunded as store credit" },
    { DOCS(POLICY), NULL, "Who do I ask about an invoice?", "ask the billing team" },
    { DOCS(POLICY), "How do I start a return?", "and how long does the refund take?", "up to five business days" },
    { DOCS(POLICY), NULL, "Do you offer price matching with competitors?", NULL },
    { DOCS(POLICY), NULL, "What is the name of the chief executive?", NULL },
    { DOCS(POLICY), NULL, "Does the item have to be in its original packaging?", "unused and in its original packaging" },

    { DOCS(MANUAL), NULL, "How big is the water tank?", "1.8 litres" },
    { DOCS(MANUAL), NULL, "How often should I descale?", "every three months" },
    { DOCS(MANUAL), NULL, "What does the blinking orange light mean?", "descaling is due" },
    { DOCS(MANUAL), NULL, "How do I descale the machine?", "Hold the steam button for five seconds" },
    { DOCS(MANUAL), NULL, "Can the milk jug go in the dishwasher?", "drip tray and the milk jug" },
    { DOCS(MANUAL), NULL, "What does error E02 mean?", "Pump blocked" },
    { DOCS(MANUAL), NULL, "What should I do when the machine overheats?", "let it cool for 30 minutes" },
    { DOCS(MANUAL), NULL, "How long is the warranty?", "two years from the date of purchase" },
    { DOCS(MANUAL), NULL, "Why must the machine stand away from the wall?", "because the steam vent is at the back" },
    { DOCS(MANUAL), NULL, "Who does the repairs?", "Northwind Service" },
    { DOCS(MANUAL), "How long is the warranty?", "Does it cover limescale?", "does not cover damage caused by limescale" },
    { DOCS(MANUAL), NULL, "How much does the machine weigh?", NULL },
    { DOCS(MANUAL), NULL, "What does error E09 mean?", NULL },
    { DOCS(MANUAL), NULL, "Does the machine connect to wifi?", NULL },

    { DOCS(HANDBOOK), NULL, "How many vacation days do I get?", "28 days of paid vacation" },
    { DOCS(HANDBOOK), NULL, "When do I need a doctor's note?", "from the third day" },
    { DOCS(HANDBOOK), NULL, "Can I work from home?", "up to three days a week" },
    { DOCS(HANDBOOK), NULL, "How long is the probation period?", "six months" },
    { DOCS(HANDBOOK), NULL, "Who has to approve overtime?", "by your manager" },
    { DOCS(HANDBOOK), NULL, "What is the daily meal allowance on business trips?", "35 euros" },
    { DOCS(HANDBOOK), NULL, "What benefits are there?", "gym membership" },
    { DOCS(HANDBOOK), NULL, "When are travel expenses reimbursed?", "within 14 days" },
    { DOCS(HANDBOOK), NULL, "How many unused days can I carry over?", "Up to five unused days" },
    { DOCS(HANDBOOK), "How many vacation days do I get?", "until when can I carry them over?", "March 31" },
    { DOCS(HANDBOOK), NULL, "What are the core hours?", "10:00 to 15:00" },
    { DOCS(HANDBOOK), NULL, "How many days of parental leave are there?", NULL },
    { DOCS(HANDBOOK), NULL, "What is the dress code?", NULL },
    { DOCS(HANDBOOK), NULL, "Can I bring my dog to the office?", NULL },

    { DOCS(API), NULL, "What is the rate limit of the Team plan?", "Team | 600" },
    { DOCS(API), NULL, "How much does the Team plan cost?", "49 USD" },
    { DOCS(API), NULL, "What does ERR-4711 mean?", "signature of a webhook could not be verified" },
    { DOCS(API), NULL, "What is the maximum request size?", "5 MB" },
    { DOCS(API), NULL, "How long are logs kept?", "90 days" },
    { DOCS(API), NULL, "Is there a sandbox?", "sandbox.example.com" },
    { DOCS(API), NULL, "How many keys can a workspace have?", "up to ten keys" },
    { DOCS(API), NULL, "Do you support GraphQL?", "only REST" },
    { DOCS(API), NULL, "Where can I create an API key?", "Settings, Developers" },
    { DOCS(API), NULL, "What happens when I exceed the limit?", "status 429" },
    { DOCS(API), NULL, "Which regions are your servers in?", NULL },
    { DOCS(API), NULL, "Is there a Python SDK?", NULL },
    { DOCS(API), NULL, "What is the uptime guarantee?", NULL },

    { DOCS(RENTAL), NULL, "How old must I be to rent a car?", "21 years" },
    { DOCS(RENTAL), NULL, "What is the surcharge for young drivers?", "12 euros per day" },
    { DOCS(RENTAL), NULL, "What documents do I need at pick-up?", "driving licence" },
    { DOCS(RENTAL), NULL, "How many kilometres are included?", "200 kilometres" },
    { DOCS(RENTAL), NULL, "What happens if I don't refill the tank?", "missing fuel" },
    { DOCS(RENTAL), NULL, "Are tyres covered by the insurance?", "not insured" },
    { DOCS(RENTAL), NULL, "How much is the excess?", "900 euros" },
    { DOCS(RENTAL), "How much is the excess?", "Can I reduce it?", "reduced to zero" },
    { DOCS(RENTAL), NULL, "Where do I leave the keys at night?", "box next to the entrance" },
    { DOCS(RENTAL), NULL, "May I smoke in the car?", "Smoking in the car is forbidden" },
    { DOCS(RENTAL), NULL, "Until when can I cancel for free?", "48 hours" },
    { DOCS(RENTAL), NULL, "What if I return the car too late?", "another full day" },
    { DOCS(RENTAL), NULL, "Do you rent motorcycles?", NULL },
    { DOCS(RENTAL), NULL, "How much is a child seat?", NULL },
    { DOCS(RENTAL), NULL, "Which car models do you have?", NULL },

    { DOCS(SECURITY), NULL, "How are passwords stored?", "Argon2id" },
    { DOCS(SECURITY), NULL, "Who is the security officer?", "Helena Brandt" },
    { DOCS(SECURITY), NULL, "Where is the data stored?", "Ireland" },
    { DOCS(SECURITY), NULL, "How quickly do you tell customers about a breach?", "within 72 hours" },
    { DOCS(SECURITY), NULL, "How do I report a security hole?", "security@example.com" },
    { DOCS(SECURITY), NULL, "Which sub-processors do you use?", "Stripe for payments" },
    { DOCS(SECURITY), NULL, "Since when are you certified?", "2019" },
    { DOCS(SECURITY), NULL, "How often is access reviewed?", "every quarter" },
    { DOCS(SECURITY), NULL, "Is two-factor authentication required?", "mandatory" },
    { DOCS(SECURITY), NULL, "How much is the bug bounty?", "100 and 5000 dollars" },
    { DOCS(SECURITY), NULL, "When is deleted data gone from backups?", "35 days" },
    { DOCS(SECURITY), NULL, "Do you support single sign-on with Okta?", NULL },
    { DOCS(SECURITY), NULL, "How many employees does the company have?", NULL },
    { DOCS(SECURITY), NULL, "Are you certified to SOC 2?", NULL },
};

static const size_t TUNED_COUNT = sizeof TUNED / sizeof *TUNED;

#endif
