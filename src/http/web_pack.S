/* The packed web application, as bytes of the program. The build puts its place in. */
    .section .rodata
    .global tenon_web_pack
    .global tenon_web_pack_end
    .balign 16
tenon_web_pack:
    .incbin "@PACK@"
tenon_web_pack_end:
    .byte 0
    .section .note.GNU-stack, "", %progbits
