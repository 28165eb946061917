using System.Text;

namespace Aria.Engine.Text;

/// <summary>A prompt while a layout writes it: texts that touch are encoded as one, markers become their tokens, and one BOS stands in front.</summary>
internal sealed class ChatPrompt(Tokenizer tokenizer)
{
    private readonly List<uint> _ids = [tokenizer.BeginOfSequence];
    private readonly StringBuilder _text = new();

    /// <summary>Adds plain text; nothing in it is parsed.</summary>
    public ChatPrompt Text(string text)
    {
        _text.Append(text);
        return this;
    }

    /// <summary>Adds the control token of that name; where the vocabulary has none, the name is text.</summary>
    public ChatPrompt Marker(string name)
    {
        if (!tokenizer.TryControl(name, out uint id))
        {
            return Text(name);
        }

        Flush();
        _ids.Add(id);
        return this;
    }

    /// <summary>All tokens.</summary>
    public uint[] Finish()
    {
        Flush();
        return [.. _ids];
    }

    private void Flush()
    {
        tokenizer.Encode(_text.ToString().AsSpan(), _ids);
        _text.Clear();
    }
}
