using System.Globalization;

namespace Aria.Engine.Text;

/// <summary>One of the known ways to lay a conversation out as tokens (specs/tokenizer.md §8).</summary>
/// <param name="Name">As the specification and the catalogue call it.</param>
/// <param name="Digests">SHA-256 of the UTF-8 of templates that mean this layout.</param>
/// <param name="Required">Control tokens without which the layout is not used.</param>
/// <param name="IsChecked">Whether it was compared with ids over the vocabulary of its model.</param>
/// <param name="Lay">Writes a conversation whose order has been checked, up to where the assistant speaks.</param>
internal sealed record ChatLayout(
    string Name, IReadOnlyList<string> Digests, IReadOnlyList<string> Required, bool IsChecked, Action<IReadOnlyList<ChatMessage>, ChatPrompt> Lay)
{
    /// <summary>A template that means this layout, for files that are made here; null where none is known.</summary>
    public string? Template { get; private init; }

    public static ChatLayout AriaTiny { get; } = new(
        "aria-tiny", ["f6d068bd755205af4e0b21edf298a8dcc70507fe32cd08b025d2bf4318f77b61"], ["<|user|>", "<|assistant|>", "<|eos|>"], IsChecked: true, LayAriaTiny);

    public static ChatLayout BitNet2B4T { get; } = new(
        "bitnet-b1.58-2B-4T",
        [
            "778e8390d846dbbef945c990d40664b2e46677edd0035fe35c1da51fe47bc900",
            "f307fd226e66025bc1132531ff46c04831934fd79e8b7f2083010e4db6a5c9a5",
        ],
        ["<|eot_id|>"], IsChecked: true, LayBitNet2B4T)
    {
        Template =
            "{% for message in messages %}{{ message['role'] | capitalize + ': ' + message['content'] | trim + '<|eot_id|>' }}{% endfor %}"
            + "{% if add_generation_prompt %}{{ 'Assistant: ' }}{% endif %}",
    };

    public static ChatLayout Llama3 { get; } = new(
        "llama-3",
        [
            "b48c47f6443892716176eb200bf4ef108f64e06ca26ed0fa8ebc0a4b3992fcb2",
            "ba03a121d097859c7b5b9cd03af99aafe95275210d2876f642ad9929a150f122",
        ],
        ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"], IsChecked: true, LayLlama3);

    public static ChatLayout Falcon3 { get; } = new(
        "falcon3", ["ac7498a36a719da630e99d48e6ebc4409de85a77556c2b6159eeb735bcbd11df"], ["<|endoftext|>"], IsChecked: false, LayFalcon3)
    {
        Template =
            "{% for message in messages %}{% if message['role'] == 'system' %}{{ '<|system|>\n' + message['content'] + '\n' }}"
            + "{% elif message['role'] == 'user' %}{{ '<|user|>\n' + message['content'] + '\n' }}"
            + "{% elif message['role'] == 'assistant' %}{% if not loop.last %}{{ '<|assistant|>\n'  + message['content'] + eos_token + '\n' }}"
            + "{% else %}{{ '<|assistant|>\n'  + message['content'] + eos_token }}{% endif %}{% endif %}"
            + "{% if loop.last and add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}{% endfor %}",
    };

    public static ChatLayout FalconEdge { get; } = new("falcon-e", [], [], IsChecked: false, LayFalconEdge);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ChatLayout> All { get; } = [AriaTiny, BitNet2B4T, Llama3, Falcon3, FalconEdge];

    private static void LayAriaTiny(IReadOnlyList<ChatMessage> messages, ChatPrompt prompt)
    {
        string system = "";
        foreach ((string role, string content) in messages)
        {
            switch (role)
            {
                case ChatMessage.System:
                    system = content + "\n";
                    break;
                case ChatMessage.User:
                    prompt.Marker("<|user|>").Text(system + content);
                    system = "";
                    break;
                default:
                    prompt.Marker("<|assistant|>").Text(content).Marker("<|eos|>");
                    break;
            }
        }

        prompt.Marker("<|assistant|>");
    }

    private static void LayBitNet2B4T(IReadOnlyList<ChatMessage> messages, ChatPrompt prompt)
    {
        foreach ((string role, string content) in messages)
        {
            prompt.Text($"{char.ToUpper(role[0], CultureInfo.InvariantCulture)}{role[1..]}: {content.Trim()}").Marker("<|eot_id|>");
        }

        prompt.Text("Assistant: ");
    }

    private static void LayLlama3(IReadOnlyList<ChatMessage> messages, ChatPrompt prompt)
    {
        foreach ((string role, string content) in messages)
        {
            Header(role).Text(content.Trim()).Marker("<|eot_id|>");
        }

        Header(ChatMessage.Assistant);

        ChatPrompt Header(string role) => prompt.Marker("<|start_header_id|>").Text(role).Marker("<|end_header_id|>").Text("\n\n");
    }

    private static void LayFalcon3(IReadOnlyList<ChatMessage> messages, ChatPrompt prompt)
    {
        foreach ((string role, string content) in messages)
        {
            prompt.Marker($"<|{role}|>").Text($"\n{content}");
            if (role == ChatMessage.Assistant)
            {
                prompt.Marker("<|endoftext|>");
            }

            prompt.Text("\n");
        }

        prompt.Marker("<|assistant|>").Text("\n");
    }

    private static void LayFalconEdge(IReadOnlyList<ChatMessage> messages, ChatPrompt prompt)
    {
        foreach ((string role, string content) in messages)
        {
            prompt.Text($"{role}\n{content}\n");
        }

        prompt.Text("assistant\n");
    }
}
