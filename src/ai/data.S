/* The catalogue's files as bytes of the program. The build puts their place in. */
    .section .rodata
    .balign 16
    .global ai_providers_start, ai_providers_end, ai_models_start, ai_models_end
ai_providers_start:
    .incbin "@DATA@/providers.json"
ai_providers_end:
    .byte 0
ai_models_start:
    .incbin "@DATA@/models.json"
ai_models_end:
    .byte 0
    .section .note.GNU-stack, "", %progbits
