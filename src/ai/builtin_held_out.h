/* A table of builtin_test.c: see builtin_tables.h. */
#ifndef TENON_AI_BUILTIN_HELD_OUT_H
#define TENON_AI_BUILTIN_HELD_OUT_H

#include "ai/builtin_tables.h"

static const struct passage_row LIBRARY[] = {
    { "City library rules", "Membership",
        "Anyone who lives in the city can become a member. Adults pay an annual fee of 20 dollars, while children under 14 join for free. Bring a photo ID "
        "and proof of address to the front desk." },
    { "City library rules", "Borrowing",
        "Books may be borrowed for four weeks and DVDs for one week. Each member can have up to 12 items on loan. Loans can be renewed twice online unless "
        "another reader has reserved the item." },
    { "City library rules", "Late returns",
        "A late fee of 25 cents per day is charged for each overdue item. Lost books must be replaced or paid for. Once your fees pass 10 dollars, your card is "
        "blocked." },
    { "City library rules", "Opening hours",
        "Day | Hours\nMonday | closed\nTuesday to Friday | 10:00 to 19:00\nSaturday | 10:00 to 16:00\n\nThe reading room on the third floor stays open until "
        "22:00 on weekdays." },
    { "City library rules", "Services",
        "Printing costs 10 cents per page. Study rooms can be reserved through the website up to seven days ahead. Eating is not allowed in the library, but "
        "drinks with a lid are fine." },
};

static const struct passage_row CLINIC[] = {
    { "Patient information", "Appointments",
        "Appointments can be made by phone at 555-0142 or through the patient portal. Please cancel at least 24 hours before your appointment, otherwise a fee of 40 "
        "dollars applies. New patients should arrive 15 minutes early to fill in the forms." },
    { "Patient information", "Prescriptions",
        "Repeat prescriptions are ready within two working days. They can be picked up at the reception or sent to a pharmacy. Antibiotics are never prescribed without "
        "an examination." },
    { "Patient information", "Before your blood test",
        "Do not eat for eight hours before the test. You may drink water. Results are sent by e-mail after three days. Dr. Alvarez reviews all abnormal results." },
    { "Patient information", "What to bring",
        "For your first visit, please bring:\n- your insurance card\n- a list of your medicines\n- earlier test results" },
    { "Patient information", "Emergencies",
        "In an emergency call 911. Outside opening hours the on-call nurse can be reached at 555-0199. Parking is free for patients behind the building." },
};

static const struct passage_row HOSTING[] = {
    { "Hosting service terms", "Availability",
        "We guarantee an uptime of 99.9% per calendar month. If we miss it, customers receive a credit of 10% of the monthly fee. Planned maintenance takes place on Sundays "
        "between 02:00 and 04:00 UTC and does not count as downtime." },
    { "Hosting service terms", "Backups",
        "Backups are made every night and stored for 14 days in a second data centre in Frankfurt. Restoring a backup is free of charge once a month; each further restore "
        "costs 15 euros." },
    { "Hosting service terms", "Plans",
        "name: Starter; storage: 10 GB; price: 5 euros; domains: 1\n\nname: Business; storage: 100 GB; price: 19 euros; domains: 10\n\nname: Agency; storage: 500 GB; price: 59 "
        "euros; domains: unlimited" },
    { "Hosting service terms", "Term and termination",
        "The contract runs for 12 months and renews automatically. Either party may terminate it with one month's notice to the end of the term. After termination all data is "
        "deleted after 30 days." },
    { "Hosting service terms", "Support",
        "How do I reach support?\n\nOpen a ticket in the control panel or call +49 30 5550100.\n\nHow fast do you answer?\n\nCritical tickets are answered within one hour, all others by "
        "the next working day.\n\nCan you migrate my old site?\n\nYes, our engineers move one site for every new customer at no cost." },
};

static const struct passage_row GYM[] = {
    { "Climbing hall", "Prices",
        "A day ticket costs 14 pounds for adults and 9 pounds for students. The monthly pass is 52 pounds. Shoes can be rented for 4 pounds." },
    { "Climbing hall", "Safety",
        "Everyone must pass a safety check before climbing with a rope. Children under 12 need an adult with them at all times. Chalk balls are allowed, loose chalk is not, because "
        "the dust harms the air filters." },
    { "Climbing hall", "Courses",
        "The beginners' course takes place every Saturday at 11:00 and lasts three hours. It is taught by Priya Raman. At most eight people can take part. Book it at the counter "
        "or online." },
    { "Climbing hall", "Membership",
        "Members can pause their membership for up to three months a year. To pause it, send us a message before the 20th of the month. Members get 15% off in the shop." },
};

static const struct question_row HELD_OUT[] = {
    { DOCS(LIBRARY), NULL, "How much is the membership for adults?", "20 dollars" },
    { DOCS(LIBRARY), NULL, "How long can I keep a DVD?", "DVDs for one week" },
    { DOCS(LIBRARY), NULL, "How many items can I borrow?", "up to 12 items" },
    { DOCS(LIBRARY), NULL, "What do I have to bring to become a member?", "photo ID" },
    { DOCS(LIBRARY), NULL, "What is the fine for an overdue book?", "25 cents per day" },
    { DOCS(LIBRARY), NULL, "Is the library open on Monday?", "Monday | closed" },
    { DOCS(LIBRARY), NULL, "When does the reading room close?", "until 22:00" },
    { DOCS(LIBRARY), NULL, "Can I eat in the library?", "Eating is not allowed" },
    { DOCS(LIBRARY), NULL, "How do I reserve a study room?", "through the website" },
    { DOCS(LIBRARY), NULL, "What does printing cost?", "10 cents per page" },
    { DOCS(LIBRARY), "How long can I borrow a book?", "Can I renew it?", "renewed twice" },
    { DOCS(LIBRARY), NULL, "Does the library lend musical instruments?", NULL },
    { DOCS(LIBRARY), NULL, "Who is the director of the library?", NULL },
    { DOCS(LIBRARY), NULL, "Is there a bookshop near the library?", NULL },

    { DOCS(CLINIC), NULL, "How can I make an appointment?", "by phone at 555-0142" },
    { DOCS(CLINIC), NULL, "What does it cost to cancel late?", "40 dollars" },
    { DOCS(CLINIC), NULL, "How long does a repeat prescription take?", "two working days" },
    { DOCS(CLINIC), NULL, "Can I drink water before the blood test?", "You may drink water" },
    { DOCS(CLINIC), NULL, "When do I get my results?", "after three days" },
    { DOCS(CLINIC), NULL, "What should I bring to my first visit?", "insurance card" },
    { DOCS(CLINIC), NULL, "Who looks at abnormal results?", "Dr. Alvarez" },
    { DOCS(CLINIC), NULL, "Where can I park?", "behind the building" },
    { DOCS(CLINIC), NULL, "What number do I call at night?", "555-0199" },
    { DOCS(CLINIC), NULL, "Do you treat children?", NULL },
    { DOCS(CLINIC), NULL, "How much does a blood test cost?", NULL },
    { DOCS(CLINIC), NULL, "Which insurance companies do you accept?", NULL },

    { DOCS(HOSTING), NULL, "What uptime do you guarantee?", "99.9%" },
    { DOCS(HOSTING), NULL, "When is planned maintenance?", "Sundays" },
    { DOCS(HOSTING), NULL, "How long are backups stored?", "14 days" },
    { DOCS(HOSTING), NULL, "How much storage does the Business plan have?", "100 GB" },
    { DOCS(HOSTING), NULL, "What is the price of the Agency plan?", "59 euros" },
    { DOCS(HOSTING), NULL, "How long is the notice period?", "one month's notice" },
    { DOCS(HOSTING), NULL, "How can I contact support?", "Open a ticket" },
    { DOCS(HOSTING), NULL, "How quickly are critical tickets answered?", "within one hour" },
    { DOCS(HOSTING), NULL, "Will you migrate my existing website?", "move one site" },
    { DOCS(HOSTING), NULL, "What happens to my data after termination?", "deleted after 30 days" },
    { DOCS(HOSTING), "How much storage does the Business plan have?", "And the Starter plan?", "Starter; storage: 10 GB" },
    { DOCS(HOSTING), NULL, "Do you offer a student discount?", NULL },
    { DOCS(HOSTING), NULL, "Which programming languages are supported?", NULL },

    { DOCS(GYM), NULL, "How much is a day ticket for students?", "9 pounds" },
    { DOCS(GYM), NULL, "Why is loose chalk forbidden?", "because the dust" },
    { DOCS(GYM), NULL, "Who teaches the beginners' course?", "Priya Raman" },
    { DOCS(GYM), NULL, "How many people can join the course?", "At most eight" },
    { DOCS(GYM), NULL, "How long does the beginners' course last?", "three hours" },
    { DOCS(GYM), NULL, "Can I pause my membership?", "up to three months" },
    { DOCS(GYM), NULL, "May kids climb alone?", "Children under 12 need an adult" },
    { DOCS(GYM), NULL, "Can I rent shoes?", "4 pounds" },
    { DOCS(GYM), NULL, "Is there a sauna?", NULL },
    { DOCS(GYM), NULL, "What time does the hall open on Sunday?", NULL },
};

static const size_t HELD_OUT_COUNT = sizeof HELD_OUT / sizeof *HELD_OUT;

#endif
