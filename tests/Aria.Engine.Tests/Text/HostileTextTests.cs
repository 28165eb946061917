using Aria.Engine.Text;
using Aria.Testing;

namespace Aria.Engine.Tests.Text;

/// <summary>Texts that make careless encoders quadratic. The work is counted, not timed: a megabyte costs a fixed number of steps for each character.</summary>
public class HostileTextTests
{
    private const int Megabyte = 1 << 20;
    private const int StepsPerByte = 20;

    public static TheoryData<string, string> Cases
    {
        get
        {
            TheoryData<string, string> cases = [];
            foreach (string tokenizer in (string[])["gpt-2", "llama-2", "llama-3", "falcon", "falcon-e"])
            {
                foreach (string text in (string[])["a", " ", "\n", "1", "!", "A", "ªA", "Aa", " \n", "a ", "\u0301", "/\n", "'", "🙂", "\ud83d", "random"])
                {
                    cases.Add(tokenizer, text);
                }
            }

            return cases;
        }
    }

    private static Tokenizer Of(string name) => name switch
    {
        "gpt-2" => Vocabularies.Gpt2,
        "llama-2" => Vocabularies.Llama2,
        "llama-3" => Vocabularies.Llama3,
        "falcon" => Vocabularies.Falcon,
        _ => Vocabularies.FalconEdgeSplit,
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void AMegabyteOfIt_CostsAFewStepsForEachByte(string tokenizer, string part)
    {
        // "ªA…": one caseless letter, then capitals alone, where the case-aware pattern gives back what it took.
        string text = part switch
        {
            "ªA" => "ª" + new string('A', Megabyte - 1),
            "random" => Letters(),
            _ => string.Concat(Enumerable.Repeat(part, Megabyte / part.Length)),
        };
        List<uint> ids = [];
        long work = Of(tokenizer).Encode(text.AsSpan(), ids);
        Assert.InRange(work, 1, StepsPerByte * (long)System.Text.Encoding.UTF8.GetByteCount(text));
        Assert.True(ids.Count > 0);
    }

    private static string Letters()
    {
        Random random = TestSeed.Random();
        return string.Create(Megabyte, random, (chars, source) =>
        {
            foreach (ref char c in chars)
            {
                c = (char)('a' + source.Next(26));
            }
        });
    }
}
