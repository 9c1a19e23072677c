"""XMP packets around what a test wants to say."""

HEAD = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"
 xmlns:stRef="http://ns.adobe.com/xap/1.0/sType/ResourceRef#"
 xmlns:stEvt="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"
 xmlns:creatorAtom="http://ns.adobe.com/creatorAtom/1.0/">"""
TAIL = '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'


def packet(body: str) -> bytes:
    """A packet around descriptions."""
    return (HEAD + body + TAIL).encode() + b"   \n" * 20


def described(inside: str = "", **attributes: str) -> bytes:
    """A packet with one description; `xmp_CreatorTool` names `xmp:CreatorTool`."""
    said = " ".join(f'{key.replace("_", ":", 1)}="{value}"' for key, value in attributes.items())
    return packet(f'<rdf:Description rdf:about="" {said}>{inside}</rdf:Description>')
