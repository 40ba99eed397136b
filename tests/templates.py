"""Chat templates of the kinds there are, cut to their bones, and the tokens that they name."""

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
GEMMA = (
    "{{ bos_token }}{% for m in messages %}<start_of_turn>{{ 'model' if m.role == 'assistant' else m.role }}\n"
    "{{ m.content | trim }}<end_of_turn>\n{% endfor %}{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)
EMPTY_THOUGHT = (
    "{% for m in messages %}{% if m.role == 'assistant' and loop.last %}"
    "{% set said = m.content.split('</think>')[-1].strip() %}"
    "{% set thought = m.content.split('</think>')[0].split('<think>')[-1].strip() if '</think>' in m.content else '' %}"
    "<|im_start|>assistant\n<think>\n{{ thought }}\n</think>\n\n{{ said }}<|im_end|>\n"
    "{% elif m.role == 'assistant' %}<|im_start|>assistant\n{{ m.content.split('</think>')[-1].strip() }}<|im_end|>\n"
    "{% else %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n<think>\n{% if enable_thinking is defined and not "
    "enable_thinking %}\n</think>\n\n{% endif %}{% endif %}"
)
CHANNELS = (
    "{% for m in messages %}<|start|>{{ m.role }}{% if m.role == 'assistant' %}<|channel|>final{% endif %}<|message|>"
    "{{ m.content }}{% if m.role == 'assistant' and loop.last %}<|return|>{% else %}<|end|>{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|start|>assistant{% endif %}"
)
SPACED = "{% for m in messages %}<|{{ m.role }}|> {{ m.content | trim }} {{ eos_token }}{% endfor %}"
SPACED += "{% if add_generation_prompt %}<|assistant|>{% endif %}"
WORDED = "{% for m in messages %}### {{ m.role }} \n {{ m.content }} \n ### End \n {% endfor %}"
WORDED += "{% if add_generation_prompt %}### assistant \n {% endif %}"
ENDLESS = "{% for m in messages %}### {{ m.role }} \n {{ m.content }} \n {% endfor %}"
ENDLESS += "{% if add_generation_prompt %}### assistant \n {% endif %}"
NEXT_ENDS = "{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}{% endfor %}"
NEXT_ENDS += "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
SYSTEM_LAST = (
    "{% for m in messages %}{% if m.role == 'user' and loop.last and messages[0].role == 'system' %}"
    "<|user|>{{ messages[0].content }} {{ m.content }}{% elif m.role != 'system' %}<|{{ m.role }}|>{{ m.content }}"
    "{% endif %}{% if m.role == 'assistant' %}{{ eos_token }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
FORGETFUL = (
    "{% for m in messages %}<|{{ m.role }}|>{{ m.content.split('</think>')[-1] }}"
    "{% if m.role == 'assistant' %}{{ eos_token }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|><think>\n{% endif %}"
)


ROLES = ("<|user|>", "<|assistant|>", "<|system|>")
TURN, HARMONY = (
    ("<start_of_turn>", "<end_of_turn>"),
    ("<|start|>", "<|end|>", "<|message|>", "<|channel|>", "<|return|>"),
)
IM, THINK = ("<|im_start|>", "<|im_end|>"), ("<think>", "</think>")
